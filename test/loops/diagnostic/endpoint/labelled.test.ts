import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodePng } from "../../../../src/io/images.js";
import { readCompletion } from "../../../../src/loops/diagnostic/endpoint/completion.js";
import { readLabelledQuestions } from "../../../../src/loops/diagnostic/endpoint/labelled-questions.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-labelled-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const picture = async (value: number) =>
  writeFileSync(join(root, "a.png"), await encodePng(new Uint8Array(4 * 4 * 3).fill(value), 4, 4, 3));
const set = (line: object) => {
  writeFileSync(join(root, "q.jsonl"), JSON.stringify({ image: "a.png", question: "What?", answer: "C", ...line }));
  return readLabelledQuestions(join(root, "q.jsonl"));
};

test("a set of questions is another one when a picture of it has changed", async () => {
  await picture(10);
  const before = await set({});
  expect((await set({})).sha256).toBe(before.sha256);
  await picture(20);
  expect((await set({})).sha256).not.toBe(before.sha256);
});

test("choices that cannot be told apart are refused, with both; signs tell them apart", async () => {
  await expect(set({ choices: ["C", "(c)"] })).rejects.toThrow('its choices "C" and "(c)" cannot be told apart');
  expect((await set({ choices: ["C", "C++", "C#"] })).questions[0].choices).toHaveLength(3);
});

test("an answer that the limit of tokens cut short is no answer", () => {
  const message = { content: "It is f" };
  expect(() => readCompletion({ choices: [{ message, finish_reason: "length" }] })).toThrow("cut short");
  expect(readCompletion({ choices: [{ message, finish_reason: "stop" }] }).said).toBe("It is f");
});
