import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeImage, encodePng, saveGrid, savePng, tileImages, toByte } from "../../src/io/index.js";

test("[-1, 1] maps to bytes by round((x + 1) * 127.5), clamped", () => {
  expect([-2, -1, -0.996, 0, 0.5, 1, 3].map(toByte)).toEqual([0, 0, 1, 128, 191, 255, 255]);
  for (let byte = 0; byte < 256; byte++) expect(toByte(Math.fround(byte / 127.5 - 1))).toBe(byte);
});

test("tileImages places images row by row with gap, scale and background", () => {
  const images = Float32Array.of(-1, 1, 0, 0.5, 1, -1);
  const sheet = tileImages(images, [3, 1, 1, 2], { columns: 2, gap: 1, background: 9 });
  expect(sheet).toMatchObject({ width: 7, height: 5, channels: 1 });
  const row = (y: number) => [...sheet.pixels.subarray(7 * y, 7 * y + 7)];
  expect(row(0)).toEqual([9, 9, 9, 9, 9, 9, 9]);
  expect(row(1)).toEqual([9, 0, 255, 9, 128, 191, 9]);
  expect(row(3)).toEqual([9, 255, 0, 9, 9, 9, 9]);
  const large = tileImages(images, [3, 1, 1, 2], { columns: 1, gap: 0, scale: 2 });
  expect(large).toMatchObject({ width: 4, height: 6 });
  expect([...large.pixels.subarray(0, 8)]).toEqual([0, 0, 255, 255, 0, 0, 255, 255]);
});

test("NCHW floats and NHWC bytes of the same pictures give the same sheet", () => {
  const nhwc = Uint8Array.from({ length: 4 * 5 * 6 * 3 }, (_, i) => (i * 37) % 256);
  const nchw = new Float32Array(nhwc.length);
  for (let n = 0; n < 4; n++)
    for (let p = 0; p < 30; p++)
      for (let c = 0; c < 3; c++) nchw[(n * 3 + c) * 30 + p] = nhwc[(n * 30 + p) * 3 + c] / 127.5 - 1;
  expect(tileImages(nchw, [4, 3, 5, 6])).toEqual(tileImages(nhwc, [4, 5, 6, 3], { layout: "NHWC" }));
});

test("bad grids say what is wrong", () => {
  expect(() => tileImages(new Float32Array(8), [1, 2, 2, 2])).toThrow(/1, 3 or 4 channels, got 2/);
  expect(() => tileImages(new Float32Array(7), [2, 1, 2, 2])).toThrow(/does not fit 7/);
  expect(() => tileImages(new Float32Array(4), [1, 1, 2, 2], { scale: 1.5 })).toThrow(/scale .* 1.5/);
  expect(() => tileImages(new Float32Array(4), [1, 1, 2, 2], { columns: 0 })).toThrow(/columns/);
});

test.each([1, 3] as const)("PNG keeps every pixel of %i channels", async (channels) => {
  const pixels = Uint8Array.from({ length: 7 * 4 * channels }, (_, i) => (i * 53) % 256);
  const png = await encodePng(pixels, 7, 4, channels);
  expect([...png.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  expect(await decodeImage(png, { channels })).toEqual({ pixels, width: 7, height: 4, channels });
  await expect(encodePng(pixels, 8, 4, channels)).rejects.toThrow(/do not fit/);
});

test("grey pictures decode to RGB and back", async () => {
  const grey = await encodePng(Uint8Array.of(10, 200), 2, 1, 1);
  expect([...(await decodeImage(grey)).pixels]).toEqual([10, 10, 10, 200, 200, 200]);
  const colour = await encodePng(Uint8Array.of(50, 50, 50), 1, 1, 3);
  expect([...(await decodeImage(colour, { channels: 1 })).pixels]).toEqual([50]);
});

test("transparency is composited on white", async () => {
  const png = await encodePng(Uint8Array.of(255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128), 3, 1, 4);
  const { pixels } = await decodeImage(png);
  expect([...pixels.subarray(0, 6)]).toEqual([255, 0, 0, 255, 255, 255]);
  expect(Math.abs(pixels[6] - 127)).toBeLessThanOrEqual(1);
});

test("sizes: cover crops the centre, contain pads with white, fill distorts", async () => {
  const wide = await encodePng(
    Uint8Array.from({ length: 60 * 20 }, (_, i) => (i % 60 < 20 || i % 60 >= 40 ? 0 : 200)),
    60,
    20,
    1,
  );
  const mean = (pixels: Uint8Array) => pixels.reduce((a, b) => a + b) / pixels.length;
  const size = { width: 10, height: 10, channels: 1 } as const;
  expect(mean((await decodeImage(wide, size)).pixels)).toBeGreaterThan(185);
  expect(mean((await decodeImage(wide, { ...size, fit: "fill" })).pixels)).toBeCloseTo(200 / 3, -1);
  const padded = await decodeImage(wide, { ...size, fit: "contain" });
  expect([padded.pixels[0], padded.pixels[99]]).toEqual([255, 255]);
  expect(padded).toMatchObject({ width: 10, height: 10, channels: 1 });
});

test("files: grid and PNG are written, a broken file is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  await savePng(join(folder, "sub", "one.png"), Uint8Array.of(7), 1, 1, 1);
  expect((await decodeImage(join(folder, "sub", "one.png"), { channels: 1 })).pixels).toEqual(Uint8Array.of(7));
  await saveGrid(join(folder, "grid.png"), new Float32Array(4 * 9), [4, 1, 3, 3], { scale: 2, gap: 1 });
  expect(await decodeImage(join(folder, "grid.png"))).toMatchObject({ width: 15, height: 15 });
  const whole = await readFile(join(folder, "grid.png"));
  await writeFile(join(folder, "cut.png"), whole.subarray(0, 60));
  await expect(decodeImage(join(folder, "cut.png"))).rejects.toThrow(/cut\.png/);
  await expect(decodeImage(join(folder, "missing.png"))).rejects.toThrow(/missing\.png/);
});
