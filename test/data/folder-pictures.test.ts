import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { resolveDataset } from "../../src/data/index.js";
import { reportText } from "../../src/data/report.js";
import { animation, bmp, deepPng, floatTiff, jpegs } from "../io/fixtures/odd-pictures.js";
import { makeFolder, several } from "./fixtures/folders.js";

const levels = ({ pixels, count }: { pixels: Uint8Array; count: number }) =>
  Array.from({ length: count }, (_, i) => pixels[(i * pixels.length) / count]);
const all = async (root: string, options = {}) => {
  const { train, test } = await resolveDataset(root, options);
  return [...levels(train), ...levels(test)].sort((a, b) => a - b);
};

test("every format that can be read is read, the others are counted", async () => {
  const side = { width: 8, height: 8, channels: 3 as const };
  const plain = sharp(Buffer.alloc(192, 100), { raw: side });
  const root = await makeFolder({
    ...several("a", 5),
    "a/x.jfif": await plain.clone().jpeg().toBuffer(),
    "a/x.avif": await plain.clone().avif().toBuffer(),
    "a/x.tif": await plain.clone().tiff().toBuffer(),
    "a/x.bmp": bmp([8, 8], 24, Array(8).fill(Array(24).fill(100))),
    "a/y.heic": "x",
    "a/z.HEIC": "x",
    "list.txt": "x",
  });
  const { report } = await resolveDataset(root);
  expect(report!.train + report!.test).toBe(9);
  expect(reportText(report!)).toMatch(
    /: 9 pictures, 1 class \(a 9\), 1 \(11 %\) for testing, 8×8 colour; left out: 2 \.heic \(format\), 1 \.txt \(format\)\.\n6 of them are grey/,
  );
});

test("one picture in colour makes all colour, unless grey is asked for", async () => {
  const root = await makeFolder({ "a/1.png": 9, "a/2.png": 10, "b/1.png": [200, 30, 30] });
  expect(await resolveDataset(root)).toMatchObject({ channels: 3 });
  expect(await resolveDataset(root, { channels: 1 })).toMatchObject({ channels: 1 });
  expect(await resolveDataset(await makeFolder({ "1.png": 9, "2.png": 10 }))).toMatchObject({ channels: 1 });
  await expect(resolveDataset(root, { channels: 2 as 3 })).rejects.toThrow(/channels is 1 .* or 4/);
  for (const size of ["8", [8], [8, 8, 8]])
    await expect(resolveDataset(root, { size: size as never })).rejects.toThrow(
      /size is a side in pixels from 1 to 4096/,
    );
});

test("transparency is on white or what is asked for, and told", async () => {
  const root = await makeFolder({ "1.png": [0, 0, 0, 0], "2.png": [0, 0, 0, 0] });
  expect(await all(root)).toEqual([255, 255]);
  expect(await all(root, { background: "#204060" })).toEqual([32, 32]);
  const { report } = await resolveDataset(root, { background: "black" });
  expect(report!.content.at(-1)).toBe("transparency on black (--channels 4 keeps it)");
  await expect(resolveDataset(root, { background: "nothing" })).rejects.toThrow(/background .* got "nothing"/);
});

test("all broken pictures are named at once; lesser faults are overlooked and counted", async () => {
  const { oddScan, endless, cut } = await jpegs();
  const files = { ...several("a", 6), "a/phone.jpg": oddScan, "a/endless.jpg": endless };
  const root = await makeFolder({ ...files, "a/cut.jpg": cut, "a/text.png": "x", "a/none.gif": "" });
  await expect(resolveDataset(root)).rejects.toThrow(
    /3 of the 11 pictures .*cut\.jpg: it is cut off\n.*none\.gif: it is empty\n.*text\.png: it is no picture.*--skip-broken/s,
  );
  const { report } = await resolveDataset(root, { skipBroken: true });
  expect(report!.train + report!.test).toBe(8);
  expect(report!.notes.at(-1)).toMatch(/2 pictures with small faults/);
  expect(report!.leftOut).toMatchObject([{ count: 3, what: "unreadable" }]);
  expect(report!.leftOut[0].files).toContain("a/cut.jpg: it is cut off");
  expect(Object.keys(report!.files)).toHaveLength(8);
});

test("of files with several frames the first is taken, or all, on one side of the split", async () => {
  const root = await makeFolder({
    ...several("a", 5),
    "a/x.gif": await animation("gif", 8, [100, 120, 140]),
    "a/y.tif": await animation("tiff", 8, [200, 210]),
  });
  expect(await all(root)).toEqual([0, 1, 2, 3, 4, 100, 200]);
  expect((await resolveDataset(root)).report!.notes[0]).toMatch(
    /2 files with several frames or pages: the first of each/,
  );
  expect(await all(root, { frames: "all" })).toEqual([0, 1, 2, 3, 4, 100, 120, 140, 200, 210]);
  for (let i = 0; i < 8; i++) {
    const again = await makeFolder({ ...several("a", 9), [`a/${i}x.gif`]: await animation("gif", 8, [100, 120, 140]) });
    const { train } = await resolveDataset(again, { frames: "all" });
    expect([0, 3]).toContain(levels(train).filter((level) => level >= 100).length);
  }
});

test("bits that 16-bit files do not use, and floating point, do not make pictures dark", async () => {
  const deep = async (value: number) => deepPng(8, 8, Array(64).fill(value));
  const root = await makeFolder({ "1.png": await deep(4095), "2.png": await deep(1365) });
  expect(await all(root)).toEqual([85, 255]);
  expect((await resolveDataset(root)).report!.notes[0]).toMatch(
    /2 files of 16 bits with 12-bit values: 4095 is taken for white/,
  );
  const full = await makeFolder({ "1.png": await deep(65535), "2.png": await deep(1365) });
  expect((await resolveDataset(full)).report!.notes).toEqual([]);
  expect(Math.min(...(await all(full)))).toBeLessThanOrEqual(6);
  const float = await makeFolder({
    "1.tif": floatTiff(8, 8, Array(64).fill(0.4)),
    "2.tif": floatTiff(8, 8, Array(64).fill(1)),
  });
  expect(await all(float)).toEqual([102, 255]);
  const far = await makeFolder({ "1.tif": floatTiff(8, 8, Array(64).fill(870)), "2.png": 3 });
  await expect(resolveDataset(far)).rejects.toThrow(/1\.tif: its floating-point pixels go from 870 to 870/);
});

test("the size is that of most pictures, in steps of four, or 32", async () => {
  const sized = (name: string, width: number, height: number) => makeFolder({ [`${name}.png`]: 5 }, [width, height]);
  const of = async (sizes: [number, number][], options = {}) => {
    const files = await Promise.all(
      sizes.map(([w, h], i) => sized(String(i), w, h).then((f) => readFile(join(f, `${i}.png`)))),
    );
    const root = await makeFolder(Object.fromEntries(files.map((file, i) => [`${i}.png`, new Uint8Array(file)])));
    const { width, height, report } = await resolveDataset(root, options);
    return [width, height, report!.content.find((piece) => piece.includes("×"))];
  };
  expect(await of([[60, 20], [28, 28], [28, 28]])).toEqual([28, 28, "scaled to 28×28 grey (1 cropped to the middle)"]); // biome-ignore format: short
  expect(await of([[60, 20], [28, 28], [40, 40]])).toEqual([32, 32, "scaled to 32×32 grey (1 cropped to the middle)"]); // biome-ignore format: short
  expect(await of([[30, 30], [30, 30]])).toEqual([32, 32, "scaled to 32×32 grey"]); // biome-ignore format: short
  expect(await of([[48, 32], [48, 32]])).toEqual([48, 32, "48×32 grey"]); // biome-ignore format: short
  expect(await of([[300, 300], [300, 300]])).toEqual([32, 32, "scaled to 32×32 grey"]); // biome-ignore format: short
});
