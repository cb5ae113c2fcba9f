import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveDataset } from "../../src/data/index.js";
import { encodePng, savePng, writeFileAtomic } from "../../src/io/index.js";

/** Makes a folder of one-colour pictures; the value is the grey level, or a text for a file that is no picture. */
async function make(files: Record<string, number | string>, { side = 8, channels = 1 as 1 | 3 } = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "folder-"));
  for (const [name, value] of Object.entries(files))
    if (typeof value === "string") await writeFileAtomic(join(root, name), value);
    else await savePng(join(root, name), new Uint8Array(side * side * channels).fill(value), side, side, channels);
  return root;
}
const numbered = (prefix: string, count: number, base: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${String(i).padStart(3, "0")}.png`, base + i]));
const firsts = ({ pixels, count }: { pixels: Uint8Array; count: number }) =>
  Array.from({ length: count }, (_, i) => pixels[(i * pixels.length) / count]);

test("subfolders are classes, at any depth; a tenth is set aside, always the same", async () => {
  const root = await make({
    ...numbered("cat/", 12, 0),
    ...numbered("dog/deep/er/", 8, 100),
    "notes.txt": "x",
    ".hidden/a.png": 7,
  });
  const dataset = await resolveDataset(root);
  expect(dataset).toMatchObject({ kind: "images", height: 8, width: 8, channels: 1, classNames: ["cat", "dog"] });
  expect([dataset.train.count, dataset.test.count]).toEqual([18, 2]);
  for (const split of [dataset.train, dataset.test])
    firsts(split).forEach((value, i) => {
      expect(split.labels![i]).toBe(value < 100 ? 0 : 1);
    });
  const all = [...firsts(dataset.train), ...firsts(dataset.test)].sort((a, b) => a - b);
  expect(all).toEqual([...Array.from({ length: 12 }, (_, i) => i), ...Array.from({ length: 8 }, (_, i) => 100 + i)]);
  expect(await resolveDataset(root)).toEqual(dataset);
});

test("a flat folder has no classes, and two pictures are enough", async () => {
  const dataset = await resolveDataset(await make({ "a.png": 5, "b.png": 9 }));
  expect(dataset.classNames).toBeNull();
  expect(dataset.train.labels).toBeNull();
  expect([dataset.train.count, dataset.test.count]).toEqual([1, 1]);
  await expect(resolveDataset(await make({ "a.png": 5 }))).rejects.toThrow(/one image/);
});

test("train and test (or val) folders are the splits, with one list of classes", async () => {
  const root = await make({
    "train/b/1.png": 1,
    "train/c/2.png": 2,
    "train/a/0.png": 0,
    "val/a/3.png": 3,
    "val/c/4.png": 4,
  });
  const dataset = await resolveDataset(root);
  expect(dataset.classNames).toEqual(["a", "b", "c"]);
  expect([firsts(dataset.train), [...dataset.train.labels!]]).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
  expect([firsts(dataset.test), [...dataset.test.labels!]]).toEqual([
    [3, 4],
    [0, 2],
  ]);
});

test("size, channels and crop are as asked", async () => {
  const root = await make({ "a.png": 50, "b.png": 60 }, { side: 100, channels: 3 });
  expect(await resolveDataset(root)).toMatchObject({ height: 32, width: 32, channels: 3 });
  expect(await resolveDataset(root, { size: 16, channels: 1 })).toMatchObject({ height: 16, width: 16, channels: 1 });
  const wide = await resolveDataset(root, { size: [4, 8], crop: "contain" });
  expect(wide).toMatchObject({ height: 4, width: 8 });
  expect(firsts(wide.train)).toEqual([255]);
  await expect(resolveDataset(root, { size: 0 })).rejects.toThrow(/size .* got 0/);
});

test("a broken picture is named, or left out if asked", async () => {
  const root = await make({ ...numbered("x/", 11, 0), "x/005b.png": "this is no picture" });
  await expect(resolveDataset(root)).rejects.toThrow(/005b\.png.*skipBroken/s);
  const skipped: string[] = [];
  const dataset = await resolveDataset(root, { skipBroken: true, onSkip: (path) => skipped.push(path) });
  expect(skipped).toEqual([join(root, "x/005b.png")]);
  expect([...firsts(dataset.train), ...firsts(dataset.test)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 11 }, (_, i) => i),
  );
  const allBroken = await make({ "a.png": "no", "b.png": "no" });
  await expect(resolveDataset(allBroken, { skipBroken: true })).rejects.toThrow(/None of the 2 pictures/);
  await expect(resolveDataset(allBroken)).rejects.toThrow(/None of the 2 .*a\.png: it is no picture.*b\.png/s);
});

test("folders that cannot be meant are refused with the reason", async () => {
  await expect(resolveDataset(await make({ "a.png": 1, "cat/b.png": 2 }))).rejects.toThrow(/a\.png.*cat.*classes/);
  await expect(resolveDataset(await make({ "readme.txt": "x" }))).rejects.toThrow(/no pictures/);
  await expect(resolveDataset("no-such-thing")).rejects.toThrow(/"no-such-thing" is neither .*fashion-mnist/);
  const root = await make({ "a.png": 1 });
  await writeFile(join(root, "b.png"), await encodePng(new Uint8Array(4), 2, 2, 1));
  await expect(resolveDataset(join(root, "a.png"))).rejects.toThrow(/is a single picture; give the folder/);
});

test("progress counts to the end and an abort stops", async () => {
  const root = await make(numbered("c/", 20, 0));
  const reports: number[] = [];
  await resolveDataset(root, { onProgress: ({ done, total }) => reports.push(done / total!) });
  expect(reports.length).toBe(40); // looked at, then read
  expect(reports.at(-1)).toBe(1);
  await expect(resolveDataset(root, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
