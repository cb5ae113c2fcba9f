import { expect, test } from "vitest";
import { namesakeNotes } from "../../src/data/namesake.js";
import { makeFolder } from "./fixtures/folders.js";

test("a folder here with a data set's name is told of, with the way to it", async () => {
  const here = await makeFolder({ "mnist/a.png": 1 });
  expect(namesakeNotes("mnist", here)).toEqual([
    expect.stringMatching(/"mnist" is the data set .* reached as \.\/mnist/),
  ]);
  expect(namesakeNotes("cifar10", here)).toEqual([]);
});
