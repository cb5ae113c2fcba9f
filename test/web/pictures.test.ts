import { expect, test } from "vitest";
import { FetchError } from "../../src/io/fetch.js";
import { OptionError, WrongUse } from "../../src/io/wrong-use.js";
import { Images } from "../../src/media/images.js";
import { NoSuchModel } from "../../src/models/location.js";
import { DeviceLost, packError, unpackError } from "../../src/web/errors.js";
import { Pictures, toImages } from "../../src/web/pictures.js";
import { buffersOf, pack, unpack } from "../../src/web/wire.js";

/** An `ImageData`, which Node has not. */
const imageData = (width: number, height: number, pixels: number[][]) =>
  ({ width, height, data: Uint8ClampedArray.from(pixels.flat()) }) as unknown as ImageData;

test("pictures of a page become a model's: grey by luma, transparent ones on black", () => {
  const one = imageData(2, 1, [
    [255, 0, 0, 255],
    [255, 255, 255, 0],
  ]);
  const colour = toImages(one, 3);
  expect([...colour.pixels]).toEqual([1, -1, -1, -1, -1, -1]);
  const grey = toImages([one, one], 1);
  expect(grey.shape).toEqual([2, 1, 1, 2]);
  expect(grey.pixels[0]).toBeCloseTo(2 * 0.299 - 1, 5);
  expect(grey.pixels[1]).toBe(-1);
  const images = new Images(new Float32Array(4), 1, 1, 2, 2);
  expect(toImages(new Pictures(images), 1)).toBe(images);
});

test.each<[unknown, RegExp]>([
  [[], /ImageData or a list of them, got \[\]/],
  ["a.png", /got "a.png"/],
  [
    [
      imageData(1, 1, [[0, 0, 0, 0]]),
      imageData(2, 1, [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ]),
    ],
    /one size, got 1×1 and 2×1/,
  ],
])("%o are no pictures", (given, message) => {
  expect(() => toImages(given as ImageData, 1)).toThrow(message);
  expect(() => toImages(given as ImageData, 1)).toThrow(OptionError);
});

test("what crosses between threads comes out as it was", () => {
  const buffer = new Float32Array(10).fill(0.5);
  const pictures = new Pictures(new Images(buffer.subarray(2, 6), 1, 1, 2, 2, Int32Array.of(3)));
  const packed = pack({ output: pictures, changes: Uint8Array.of(1, 2), deep: { list: [1, "a"] }, none: undefined });
  const buffers = buffersOf(packed);
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual([16, 4, 2]); // of the ten numbers four
  const crossed = unpack(structuredClone(packed, { transfer: buffers })) as Record<string, any>;
  expect(crossed.output).toBeInstanceOf(Pictures);
  const { pixels, shape, labels } = crossed.output.images;
  expect([pixels, shape, labels]).toEqual([buffer.slice(2, 6), [1, 1, 2, 2], Int32Array.of(3)]);
  expect(crossed).toMatchObject({ changes: Uint8Array.of(1, 2), deep: { list: [1, "a"] } });
});

test("errors cross with their class", () => {
  const cross = (error: unknown) => unpackError(structuredClone(packError(error)));
  const url = new URL("https://models.example/a");
  const errors = [
    ...[new OptionError("a"), new WrongUse("b"), new NoSuchModel("c"), new DeviceLost("d"), new RangeError("e")],
    ...[new FetchError(url, "it is gone"), new DOMException("f", "AbortError")],
  ];
  for (const error of errors) {
    expect(cross(error)).toBeInstanceOf(error.constructor);
    expect(cross(error)).toMatchObject({ name: error.name, message: error.message });
    expect("wrongUse" in cross(error)).toBe("wrongUse" in error);
  }
  expect(cross(new OptionError("a"))).toBeInstanceOf(WrongUse);
  class Strange extends Error {
    override name = "Strange";
  }
  expect(cross(new Strange("g"))).toMatchObject({ name: "Strange", message: "g" });
  expect(cross("a text")).toMatchObject({ name: "Error", message: "a text" });
  expect(cross(undefined)).toBeInstanceOf(Error);
});
