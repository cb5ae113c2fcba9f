import { expect, test } from "vitest";
import { givenStates } from "../../../src/methods/motion/states.js";

const shape = { encoder: "another", length: 3, width: 2 };

test("states stand in the places of a caption, each sample's own; rows of zeros are no words", () => {
  const states = Float32Array.of(1, 2, 0, 0, 0, 3, 4, 0);
  const { words, signs } = givenStates(shape, { states, count: 2, prompt: true });
  expect([...words]).toEqual([1, 2, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0]);
  expect([...signs]).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0]);
});

test("without a prompt there are no words", () => {
  const { words, signs } = givenStates(shape, { count: 2, prompt: false });
  expect(words).toEqual(new Float32Array(12));
  expect(signs).toEqual(new Float32Array(12));
});

test.each([
  ["no prompt", Float32Array.of(1, 2), false, "There are states but no prompt"],
  ["no states", undefined, true, "a prompt comes with its `states`: the last hidden states of another"],
  ["a part of a piece", Float32Array.of(1, 2, 3), true, "of at most 3 pieces; for 1 got 3 numbers"],
  ["too many pieces", new Float32Array(8), true, "of at most 3 pieces; for 1 got 8 numbers"],
  ["none", new Float32Array(0), true, "got 0 numbers"],
  ["zeros", new Float32Array(4), true, "The states of prompt 1 are all 0."],
  ["what is no number", Float32Array.of(1, Number.NaN), true, "finite"],
])("refuses %s", (_, states, prompt, message) => {
  expect(() => givenStates(shape, { states, count: 1, prompt })).toThrow(message);
});
