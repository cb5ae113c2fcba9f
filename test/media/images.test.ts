import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { decodeImage, savePng, sheetSize } from "../../src/io/index.js";
import { Images } from "../../src/media/images.js";

const root = mkdtempSync(join(tmpdir(), "media-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Five images of one grey or colour each, 6 × 4. */
const levels = [0, 60, 120, 180, 255];
const batch = (channels: 1 | 3, labels: Int32Array | null = Int32Array.of(4, 3, 2, 1, 0)) =>
  new Images(
    Float32Array.from({ length: 5 * channels * 24 }, (_, i) => levels[Math.floor(i / 24 / channels)] / 127.5 - 1),
    5,
    channels,
    6,
    4,
    labels,
  );

describe("formats", () => {
  test.each([
    ["png", "png", 0],
    ["PNG", "png", 0],
    ["webp", "webp", 0],
    ["jpg", "jpeg", 3],
    ["jpeg", "jpeg", 3],
    ["avif", "heif", 3],
  ] as const)("a name that ends in .%s is written as %s", async (ending, format, most) => {
    for (const channels of [1, 3] as const) {
      const path = join(root, `sheet-${channels}.${ending}`);
      await batch(channels).at(3).save(path, { scale: 4 });
      expect((await sharp(path).metadata()).format).toBe(format);
      const { pixels, width, height } = await decodeImage(path, { channels });
      expect([width, height]).toEqual([16, 24]);
      expect(Math.max(...pixels.map((v) => Math.abs(v - 180)))).toBeLessThanOrEqual(most);
    }
  });

  test.each(["sheet", "sheet.gif", "sheet.png.", "sheets/", "a.b/sheet"])("%s is refused, unwritten", async (name) => {
    await expect(batch(1).save(join(root, "refused", name))).rejects.toThrow(/ends in .png, .webp, .jpg, .jpeg, .avif/);
    expect(existsSync(join(root, "refused"))).toBe(false);
  });

  test("a PNG under another ending is refused", async () => {
    await expect(savePng(join(root, "x.jpg"), new Uint8Array(4), 2, 2, 1)).rejects.toThrow(/\.png, got/);
    expect(existsSync(join(root, "x.jpg"))).toBe(false);
  });

  test.each([
    ["webp", [300, 1, 16, 60], 1, /18000×16 pixels is too large: a WEBP has sides of at most 16383/],
    ["jpg", [300, 1, 16, 240], 1, /72000×16 .*JPEG has sides of at most 65535/],
    ["png", [90_000, 1, 28, 28], 2, /17402×17402 pixels is too large: a PNG has at most 268402689 pixels/],
  ] as const)("a sheet too large for a %s is refused before it is drawn", async (ending, shape, scale, message) => {
    const [count, , height, width] = shape;
    const images = new Images(new Float32Array(count * height * width), count, 1, height, width);
    const options = count === 300 ? { columns: 300, gap: 0 } : { scale };
    await expect(images.save(join(root, `large.${ending}`), options)).rejects.toThrow(message);
    expect(existsSync(join(root, `large.${ending}`))).toBe(false);
  });

  test("buffers and blobs hold what save writes", async () => {
    const images = batch(3);
    await images.save(join(root, "same.png"), { columns: 2 });
    const png = await images.toPng({ columns: 2 });
    expect(Buffer.isBuffer(png)).toBe(true);
    expect(readFileSync(join(root, "same.png")).equals(png)).toBe(true);
    for (const [bytes, format] of [
      [await images.toWebp(), "webp"],
      [await images.toJpeg(), "jpeg"],
      [new Uint8Array(await (await images.toBlob("image/webp")).arrayBuffer()), "webp"],
      [new Uint8Array(await (await images.toBlob()).arrayBuffer()), "png"],
    ] as const) {
      const { width, height } = sheetSize(images.shape);
      expect(await sharp(bytes).metadata()).toMatchObject({ format, width, height });
    }
    expect((await images.toBlob("image/jpeg")).type).toBe("image/jpeg");
    await expect(images.toBlob("image/gif" as never)).rejects.toThrow(/type must be .*image\/gif/);
    expect(() => images.toImageData()).toThrow(/in Node use toRgba/);
  });
});

test("single images: by index, from the end, and one after the other", () => {
  const images = batch(3);
  expect([...images].map(({ pixels, labels, count }) => [count, labels![0], pixels[0]])).toEqual(
    levels.map((level, i) => [1, 4 - i, Math.fround(level / 127.5 - 1)]),
  );
  expect(images.at(-1).pixels).toEqual(images.at(4).pixels);
  expect([...batch(1, null)][2].labels).toBeNull();
  expect(images.toRgba(1).slice(0, 4)).toEqual(Uint8ClampedArray.of(60, 60, 60, 255));
  for (const index of [5, -6, 0.5, Number.NaN]) expect(() => images.at(index)).toThrow(/There is no image/);
});

test.each([
  ["too few pixels", [new Float32Array(7), 2, 1, 2, 2], /have 8 pixels, got 7/],
  ["a count of none", [new Float32Array(0), 0, 1, 2, 2], /count .* at least 1, got 0/],
  ["two channels", [new Float32Array(8), 1, 2, 2, 2], /1, 3 or 4 channels, got 2/],
  ["labels of others", [new Float32Array(8), 2, 1, 2, 2, Int32Array.of(1)], /2 images have as many labels, got 1/],
  ["bytes", [new Uint8Array(4), 1, 1, 2, 2], /a Float32Array/],
  ["pixels of another range", [Float32Array.of(0, 0, 0, 0, 0, 255, 0, 0), 2, 1, 2, 2], /\[−1, 1\], got 255 in image 1/],
  ["a NaN", [Float32Array.of(0, 0, 0, Number.NaN), 1, 1, 2, 2], /got NaN in image 0/],
] as const)("images of %s are refused", (_, args, message) => {
  expect(() => new Images(...(args as unknown as ConstructorParameters<typeof Images>))).toThrow(message);
});

test.each([
  [{ colums: 2 }, /no "colums"; did you mean "columns"/],
  [null, /an object, got null/],
  [{ background: 300 }, /background must be a grey level from 0 to 255, got 300/],
])("a sheet of %o is refused", async (options, message) => {
  await expect(batch(1).toPng(options as never)).rejects.toThrow(message);
});
