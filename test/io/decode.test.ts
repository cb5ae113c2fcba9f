import sharp from "sharp";
import { expect, test } from "vitest";
import { colourOf, decodeImage, encodePng, inspectImage } from "../../src/io/index.js";
import { animation, bmp, deepPng, floatTiff, jpegs } from "./fixtures/odd-pictures.js";

const palette = [
  [10, 20, 30],
  [40, 50, 60],
  [70, 80, 90],
];
const [dark, middle, light] = palette;

test("BMP of every depth, rows of odd length included", async () => {
  const size = [3, 2] as const;
  const wanted = [dark, middle, light, light, middle, dark].flat();
  const of = async (file: Buffer) => [...(await decodeImage(file)).pixels];
  const bgr = (...colours: number[][]) => colours.flatMap(([r, g, b]) => [b, g, r]);
  expect(await of(bmp(size, 24, [bgr(dark, middle, light), bgr(light, middle, dark)]))).toEqual(wanted);
  expect(await of(bmp(size, 8, [[0, 1, 2], [2, 1, 0]], palette))).toEqual(wanted); // biome-ignore format: one picture
  expect(await of(bmp(size, 4, [[0x01, 0x20], [0x21, 0x00]], palette))).toEqual(wanted); // biome-ignore format: one picture
  const ink = bmp(size, 1, [[0b10100000], [0b01000000]], [[0, 0, 0], [255, 255, 255]]); // biome-ignore format: one picture
  expect([...(await decodeImage(ink, { channels: 1 })).pixels]).toEqual([255, 0, 255, 0, 255, 0]);
  expect(await inspectImage(ink)).toMatchObject({ width: 3, height: 2, grey: true, frames: 1 });
  expect(await inspectImage(bmp(size, 8, [[0, 1, 2], [2, 1, 0]], palette))).toMatchObject({ grey: false }); // biome-ignore format: one picture
  await expect(decodeImage(ink.subarray(0, 60))).rejects.toThrow(/Could not read the image 60 bytes/);
});

test("what every viewer overlooks in a JPEG is overlooked, a cut one is refused", async () => {
  const { whole, oddScan, endless, cut } = await jpegs();
  const { pixels } = await decodeImage(whole);
  for (const file of [oddScan, endless, oddScan.subarray(0, -2)])
    expect((await decodeImage(file)).pixels).toEqual(pixels);
  for (const file of [oddScan, endless]) await expect(decodeImage(file, { strict: true })).rejects.toThrow(/Could not/);
  for (const file of [cut, whole.subarray(0, -200)]) await expect(decodeImage(file)).rejects.toThrow(/it is cut off/);
  await expect(decodeImage(Buffer.from("no picture"))).rejects.toThrow(/it is no picture of a known format/);
  await expect(decodeImage(new Uint8Array(0))).rejects.toThrow(/it is empty/);
});

test("floating-point pixels are taken from [0, 1]; others are refused with their range", async () => {
  const { pixels } = await decodeImage(floatTiff(2, 2, [0, 0.2, 0.6, 1]), { channels: 1 });
  expect([...pixels]).toEqual([0, 51, 153, 255]);
  expect([...(await decodeImage(floatTiff(1, 1, [0.4]))).pixels]).toEqual([102, 102, 102]);
  expect(await inspectImage(floatTiff(2, 1, [0, 1]))).toMatchObject({ grey: true, largest: null });
  await expect(inspectImage(floatTiff(2, 1, [-3, 870]))).rejects.toThrow(/go from -3 to 870; scale them to 0 … 1/);
});

test("16-bit pictures tell their largest value, and are stretched to what is white", async () => {
  const file = await deepPng(2, 2, [0, 1365, 2730, 4095]);
  expect(await inspectImage(file)).toMatchObject({ grey: true, largest: 4095 });
  expect([...(await decodeImage(file, { channels: 1, white: 4095 })).pixels]).toEqual([0, 85, 170, 255]);
  expect(Math.max(...(await decodeImage(file, { channels: 1 })).pixels)).toBeLessThanOrEqual(16);
  const wide = { width: 8, height: 2, fit: "contain", background: "#404040", white: 4095 } as const;
  expect([...(await decodeImage(file, wide)).pixels.subarray(0, 3)]).toEqual([64, 64, 64]);
  const float = await decodeImage(floatTiff(2, 2, [0, 0, 1, 1]), { ...wide, channels: 3 });
  expect([...float.pixels.subarray(0, 3)]).toEqual([64, 64, 64]);
  const colour = await decodeImage(file, { width: 1, height: 1, white: 4095 });
  expect(colour.pixels[0]).toBeGreaterThan(100);
});

test("alpha says nothing of how many bits the colours of a 16-bit picture have", async () => {
  const pixels = Uint16Array.from([4095, 2048, 0, 65535, 4095, 4095, 4095, 0]);
  const raw = { width: 2, height: 1, channels: 4 } as const;
  const file = await sharp(pixels, { raw }).toColourspace("rgb16").png().toBuffer();
  expect(await inspectImage(file)).toMatchObject({ transparent: true, largest: 4095 });
  const kept = await decodeImage(file, { channels: 4, white: 4095 });
  expect([...kept.pixels]).toEqual([255, 128, 0, 255, 0, 0, 0, 0]);
  const onWhite = await decodeImage(file, { white: 4095 });
  expect([...onWhite.pixels]).toEqual([255, 128, 0, 255, 255, 255]);
});

test.each(["gif", "webp", "tiff"] as const)("frames of a %s are read one by one", async (format) => {
  const file = await animation(format, 8, [50, 100, 200]);
  expect(await inspectImage(file)).toMatchObject({ width: 8, height: 8, frames: 3 });
  for (const [frame, level] of [50, 100, 200].entries())
    expect((await decodeImage(file, { frame })).pixels[0]).toBe(level);
});

test("transparency takes the colour of the background", async () => {
  const clear = await encodePng(Uint8Array.of(9, 9, 9, 0), 1, 1, 4);
  expect(await inspectImage(clear)).toMatchObject({ transparent: true, grey: false });
  expect([...(await decodeImage(clear, { background: "#102030" })).pixels]).toEqual([16, 32, 48]);
  const grey = sharp(Buffer.of(9, 0), { raw: { width: 1, height: 1, channels: 2 } }).toColourspace("b-w");
  const greyClear = await grey.png().toBuffer();
  expect(await inspectImage(greyClear)).toMatchObject({ transparent: true, grey: true });
  expect([...(await decodeImage(greyClear, { background: "#102030" })).pixels]).toEqual([16, 32, 48]);
  expect([...(await decodeImage(greyClear, { channels: 1 })).pixels]).toEqual([255]);
  expect(await colourOf("red")).toEqual([255, 0, 0]);
  await expect(colourOf("reddish")).rejects.toThrow(/got "reddish"/);
  await expect(colourOf("transparent")).rejects.toThrow(/got "transparent"/);
});
