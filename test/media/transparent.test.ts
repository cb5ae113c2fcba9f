import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { resolveDataset, toFloat } from "../../src/data/index.js";
import { premultiplied, premultiply, straight } from "../../src/io/channels.js";
import { decodeImage, tileImages } from "../../src/io/index.js";
import { scaleRgb } from "../../src/judges/extractors/extractor.js";
import { Images } from "../../src/media/images.js";
import { compile } from "../../src/runtime/index.js";
import { encodeEach } from "../../src/server/pictures.js";
import { toImages } from "../../src/web/pictures.js";

const folder = mkdtempSync(join(tmpdir(), "transparent-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Straight RGBA pixels: opaque orange, half blue, a fifth red, clear with a colour that must not show. */
const RGBA = [255, 128, 0, 255, 0, 0, 200, 128, 250, 0, 0, 51, 90, 90, 90, 0];
const PREMULTIPLIED = [255, 128, 0, 255, 0, 0, 100, 128, 50, 0, 0, 51, 0, 0, 0, 0];
/** As they come back. */
const BACK = [255, 128, 0, 255, 0, 0, 199, 128, 250, 0, 0, 51, 0, 0, 0, 0];

const pngOf = (rgba: number[], width = 2) =>
  sharp(Uint8Array.from(rgba), { raw: { width, height: rgba.length / 4 / width, channels: 4 } })
    .png()
    .toBuffer();
const rawOf = async (file: Uint8Array | string) => sharp(file).raw().toBuffer({ resolveWithObject: true });
/** One picture of 2×2 as models have it. */
const picture = () => {
  const split = { count: 1, pixels: Uint8Array.from(PREMULTIPLIED), labels: null, channels: 4 as const };
  return new Images(toFloat(split, [0]), 1, 4, 2, 2);
};

test("levels are premultiplied and made straight again, to the byte for what is premultiplied", () => {
  expect([...premultiply(Uint8Array.from(RGBA))]).toEqual(PREMULTIPLIED);
  for (let alpha = 0; alpha < 256; alpha++)
    for (let level = 0; level <= alpha; level += 7)
      expect(premultiplied(straight(level, alpha), alpha)).toBe(alpha === 0 ? 0 : level);
  expect(straight(90, 60)).toBe(255); // a model's colour may be above its alpha
});

test("a picture with alpha is read premultiplied, one without as opaque", async () => {
  expect([...(await decodeImage(await pngOf(RGBA), { channels: 4 })).pixels]).toEqual(PREMULTIPLIED);
  const opaque = await sharp(await pngOf(RGBA))
    .flatten({ background: "white" })
    .png()
    .toBuffer();
  const { pixels } = await decodeImage(opaque, { channels: 4 });
  expect([...pixels.slice(12)]).toEqual([255, 255, 255, 255]);
  const grey = await sharp(Uint8Array.of(7, 9), { raw: { width: 2, height: 1, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
  expect([...(await decodeImage(grey, { channels: 4 })).pixels]).toEqual([7, 7, 7, 255, 9, 9, 9, 255]);
});

test("scaling mixes no colour of clear pixels in, and padding is clear", async () => {
  const file = await pngOf([200, 0, 0, 255, 0, 255, 0, 0]);
  const [r, g, , a] = (await decodeImage(file, { channels: 4, width: 1, height: 1, fit: "fill" })).pixels;
  expect(g).toBe(0);
  expect(Math.abs(r - (200 * a) / 255)).toBeLessThanOrEqual(2);
  const padded = await decodeImage(file, { channels: 4, width: 2, height: 4, fit: "contain" });
  expect([...padded.pixels.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test("canvases and every file have the colours straight", async () => {
  expect([...picture().toRgba()]).toEqual(BACK);
  for (const file of [await picture().toPng(), await picture().toWebp(), (await encodeEach(picture(), "png"))[0]]) {
    const { data, info } = await rawOf(file);
    expect([info.channels, ...data]).toEqual([4, ...BACK]);
  }
  const { data, info } = await rawOf(await picture().toJpeg({ scale: 8 }));
  expect(info.channels).toBe(3);
  expect(Math.min(...data.subarray(-3))).toBeGreaterThan(245); // clear is white
});

test("a sheet stays transparent, and with a background is opaque", () => {
  const { pixels, shape } = picture();
  const clear = tileImages(pixels, shape, { gap: 1 });
  expect([clear.channels, ...clear.pixels.subarray(0, 4)]).toEqual([4, 0, 0, 0, 0]);
  expect([...clear.pixels.subarray(20, 28)]).toEqual(BACK.slice(0, 8));
  const laid = tileImages(pixels, shape, { gap: 0, background: 100 });
  expect([laid.channels, ...laid.pixels]).toEqual([3, 255, 128, 0, 50, 50, 150, 130, 80, 80, 100, 100, 100]);
  const bytes = tileImages(Uint8Array.from(PREMULTIPLIED), [1, 2, 2, 4], { layout: "NHWC", gap: 1 });
  expect(bytes).toEqual(clear);
});

test("a page's pictures become premultiplied, and come back", () => {
  const data = { width: 2, height: 2, data: Uint8ClampedArray.from(RGBA) } as unknown as ImageData;
  const images = toImages(data, 4);
  expect(images.shape).toEqual([1, 4, 2, 2]);
  expect(images.pixels[8 + 3]).toBeCloseTo(-1, 6); // clear: no blue
  expect([...images.toRgba()]).toEqual([...BACK.slice(0, 6), 200, ...BACK.slice(7)]);
});

test("networks that see three channels see it on white", async () => {
  const { pixels } = picture();
  const program = compile({ images: [1, 4, 2, 2] }, ({ images }) => ({ seen: scaleRgb(images, [2, 2]) }));
  const { seen } = await program.run({ images: pixels });
  expect([...seen].map((x) => Math.round((x + 1) * 127.5))).toEqual([
    255, 127, 254, 255, 128, 127, 204, 255, 0, 227, 204, 255,
  ]);
  await program.release();
});

test("a folder keeps transparency where 4 channels are asked for, and says so", async () => {
  for (let i = 0; i < 4; i++)
    await sharp(await pngOf([...RGBA.slice(0, 12), i, 9, 9, 255], 2))
      .resize(8, 8, { kernel: "nearest" })
      .png()
      .toFile(join(folder, `${i}.png`));
  const plain = await resolveDataset(folder);
  expect(plain.channels).toBe(3);
  expect(plain.report!.content.at(-1)).toBe("transparency on white (--channels 4 keeps it)");
  const kept = await resolveDataset(folder, { channels: 4 });
  expect(kept).toMatchObject({ channels: 4, train: { channels: 4 } });
  expect(kept.report!.content.at(-1)).toBe("8×8 colour with transparency");
  expect([...kept.train.pixels.subarray(16, 20)]).toEqual(PREMULTIPLIED.slice(4, 8));
  await expect(resolveDataset(folder, { channels: 4, background: "red" })).rejects.toThrow(
    /background would have no effect/,
  );
  await expect(resolveDataset(folder, { channels: 2 as never })).rejects.toThrow(
    /channels is 1 .* 4 \(colour with transparency\), got 2/,
  );
});
