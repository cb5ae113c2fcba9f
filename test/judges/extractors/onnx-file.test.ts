import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { onnxExtractor } from "../../../src/judges/extractors/onnx-file.js";
import { compile } from "../../../src/runtime/index.js";
import { type Tensor, where } from "../../../src/tensor/index.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-onnx-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/extractors/${name}.onnx`, import.meta.url));
const rgb = { height: 8, width: 8, channels: 3 } as const;
let copies = 0;

/** A fixture with a description beside it. */
function described(name: string, description: unknown): string {
  const path = join(root, `${copies++}-${name}.onnx`);
  copyFileSync(fixture(name), path);
  writeFileSync(`${path}.json`, JSON.stringify(description));
  return path;
}

/** 20 images whose channels are constant: (i + c)/30 of the way from −1 to 1. */
const level = (i: number, c: number) => (i + c) / 30;
const images = Float32Array.from({ length: 20 * 3 * 64 }, (_, at) => {
  const [i, c] = [Math.floor(at / 192), Math.floor((at % 192) / 64)];
  return 2 * level(i, c) - 1;
});

async function extract(path: string, image: Parameters<typeof onnxExtractor>[1] = rgb, pixels = images, count = 20) {
  const extractor = await onnxExtractor(path, image);
  try {
    const { features, logits } = await extractor.extract(pixels, count);
    expect(logits).toBeNull();
    return { name: extractor.name, dim: extractor.dim, features };
  } finally {
    await extractor.release();
  }
}

test("takes the first float output of two axes, of more images than a batch, in [0, 1] and channels last", async () => {
  const { name, dim, features } = await extract(fixture("channel-means"));
  expect({ name, dim }).toEqual({ name: "channel-means.onnx", dim: 3 });
  expect(features).toHaveLength(60);
  for (const [at, value] of features.entries()) expect(value).toBeCloseTo(level(Math.floor(at / 3), at % 3), 5);
});

test("a description gives name, output, range, order, mean and deviation", async () => {
  const path = described("channel-means", {
    name: "FID-Inception",
    range: [0, 255],
    order: "BGR",
    mean: [10, 20, 30],
    std: [2, 4, 8],
  });
  const { name, features } = await extract(path);
  expect(name).toBe("FID-Inception");
  for (let c = 0; c < 3; c++)
    expect(features[15 + c]).toBeCloseTo((255 * level(5, 2 - c) - [10, 20, 30][c]) / [2, 4, 8][c], 3);
  const sum = await extract(described("channel-means", { output: "sum" }));
  expect(sum.dim).toBe(1);
  expect(sum.features[5]).toBeCloseTo(level(5, 0) + level(5, 1) + level(5, 2), 5);
});

test("images of another size are scaled, grey ones repeated", async () => {
  const gradient = Float32Array.from({ length: 16 * 16 }, (_, i) => (i % 16) / 15 - 1);
  const { features } = await extract(fixture("channel-means"), { height: 16, width: 16, channels: 1 }, gradient, 1);
  for (const value of features) expect(value).toBeCloseTo(0.25, 3);
});

test("a fixed batch is filled up; an open size is asked for", async () => {
  await expect(onnxExtractor(fixture("corner"), rgb)).rejects.toThrow(/takes images of any size.*say "size" in/);
  const { features, dim } = await extract(
    described("corner", { size: 8, output: "feature" }),
    rgb,
    images.slice(0, 192 * 6),
    6,
  );
  expect(dim).toBe(3);
  for (const [at, value] of features.entries()) expect(value).toBeCloseTo(level(Math.floor(at / 3), at % 3), 5);
  await expect(onnxExtractor(described("corner", { size: 8 }), rgb)).rejects.toThrow(
    /no float32 output \[N, D\].*"feature"/,
  );
});

test("our own exported networks work, too", async () => {
  const program = compile({ images: [5, 3, 8, 8] }, ({ images }) => ({ means: images.mean([2, 3]) }));
  const path = join(root, "own.onnx");
  writeFileSync(path, program.toOnnx());
  const { features } = await extract(path);
  for (const [at, value] of features.entries()) expect(value).toBeCloseTo(level(Math.floor(at / 3), at % 3), 5);
});

test("what is wrong with a file is said", async () => {
  const broken = join(root, "broken.onnx");
  writeFileSync(broken, readFileSync(fixture("channel-means")).subarray(0, 100));
  await expect(onnxExtractor(broken, rgb)).rejects.toThrow(/broken\.onnx cannot be loaded as an ONNX model/);
  await expect(onnxExtractor(join(root, "none.onnx"), rgb)).rejects.toThrow("There is no file");
  await expect(onnxExtractor(fixture("add"), rgb)).rejects.toThrow(
    /is no image network: it takes "a" float32 \[N,4\], "b"/,
  );
  for (const [description, message] of [
    [{ means: [1, 2, 3] }, /does not describe a feature network: .*means/s],
    [{ std: [1, 0, 1] }, /std/],
    [{ size: 9 }, /says size \[9,9\], but the network takes \[8,8\]/],
    [{ output: "brightest" }, /no float32 output "brightest"/],
    [{ layout: "NCHW" }, /has 8 channels in the layout NCHW/],
  ] as const)
    await expect(onnxExtractor(described("channel-means", description), rgb)).rejects.toThrow(message);
});

test("a network that takes anything but one float32 input of four axes is refused", async () => {
  const int32 = (shape: number[]) => ({ shape, dtype: "int32" as const });
  const means = (x: Tensor) => ({ means: x.mean([2, 3]) });
  const shape = [5, 3, 8, 8];
  const programs = [
    compile({ images: int32(shape) }, ({ images }) => means(where(images.equal(0), 0, 1))),
    compile({ images: shape, more: shape }, ({ images, more }) => means(images.add(more))),
    compile({ images: [5, 192] }, ({ images }) => means(images.reshape(shape))),
  ];
  for (const [i, program] of programs.entries()) {
    const path = join(root, `refused-${i}.onnx`);
    writeFileSync(path, program.toOnnx());
    await expect(onnxExtractor(path, rgb)).rejects.toThrow(/is no image network: it takes .* instead of one float32/);
    await program.release();
  }
});
