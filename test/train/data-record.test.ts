import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type DataReport, dataReport } from "../../src/data/report.js";
import { dataDifferences, requireSameData } from "../../src/train/index.js";

const report = (
  files: Record<string, string>,
  names: string[] = ["a", "b"],
  path: string | null = "/data",
): DataReport =>
  dataReport({
    kind: "images",
    id: "x",
    path,
    content: [],
    leftOut: [],
    notes: [],
    classes: names.map((name) => ({ name, train: 1, test: 0 })),
    train: 2,
    test: 0,
    files,
  });
const files = { "a/1.png": "11", "a/2.png": "22", "b/3.png": "33" };
const before = report(files);

test("the hash is of classes and files, not of where they are or in which order they were found", () => {
  const reversed = Object.fromEntries(Object.entries(files).reverse());
  expect(report(reversed, ["a", "b"], "/elsewhere").sha256).toBe(before.sha256);
  expect(report(files, ["a", "c"]).sha256).not.toBe(before.sha256);
  expect(report({ ...files, "b/3.png": "34" }).sha256).not.toBe(before.sha256);
});

test("what differs is named by its kind", () => {
  const now = report({ "a/1.png": "1x", "c/3.png": "33", "c/4.png": "44" }, ["a", "c"]);
  expect(dataDifferences(before, now)).toBe(
    "the classes were a, b and are a, c; 1 changed (a/1.png); 1 new (c/4.png); 1 gone (a/2.png); " +
      "1 called otherwise (b/3.png → c/3.png)",
  );
});

test("a run without a record of its files is not trusted, one on a data set by name is", async () => {
  const out = await mkdtemp(join(tmpdir(), "record-"));
  await requireSameData(out, before); // no run at all: said elsewhere
  await writeFile(join(out, "config.json"), "{}");
  await expect(requireSameData(out, before)).rejects.toThrow(/kept no record of its data/);
  await requireSameData(out, report({}, ["a"], null));
  await writeFile(join(out, "data.json"), JSON.stringify(before));
  await requireSameData(out, before);
  await expect(requireSameData(out, report({ ...files, "b/4.png": "44" }))).rejects.toThrow(/1 new \(b\/4\.png\)/);
  await writeFile(join(out, "data.json"), "{");
  await expect(requireSameData(out, before)).rejects.toThrow(/data\.json does not say what the run read/);
});
