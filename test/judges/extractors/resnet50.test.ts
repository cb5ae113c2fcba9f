import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  kerasShapes,
  loadKeras,
  preprocess,
  resnet50,
  resnet50Extractor,
} from "../../../src/judges/extractors/resnet50.js";
import { readResnet50Weights, resnet50IsCached } from "../../../src/judges/extractors/resnet50-weights.js";
import { countParameters } from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";
import { sizeOf } from "../../../src/tensor/index.js";

test("the network has the published number of parameters, with and without batch normalisation", () => {
  const shapes = kerasShapes();
  expect(Object.keys(shapes)).toHaveLength(320);
  expect(Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)).toBe(25_636_712);
  expect(countParameters(resnet50())).toBe(25_636_712 - 4 * 26_560);
  expect(shapes["conv1/kernel"]).toEqual([7, 7, 3, 64]);
  expect(shapes["res4f_branch2b/kernel"]).toEqual([3, 3, 256, 256]);
  expect(shapes["res5a_branch1/kernel"]).toEqual([1, 1, 1024, 2048]);
  expect(shapes["fc1000/kernel"]).toEqual([2048, 1000]);
});

test("weights with a tensor missing or of another shape are refused by name", () => {
  expect(() => loadKeras(resnet50(), {})).toThrow('no tensor "conv1/kernel"');
  const weights = { "conv1/kernel": { shape: [3, 3, 3, 64], data: new Float32Array(1728) } };
  expect(() => loadKeras(resnet50(), weights)).toThrow('"conv1/kernel" has shape [3,3,3,64] instead of [7,7,3,64]');
});

/** Numbers in [low, high) by a hash of the tensor's name and the place in it, as make_resnet50_random.py has them. */
function hashed(name: string, shape: readonly number[], low: number, high: number) {
  let seed = 0;
  for (const c of name) seed = (Math.imul(seed, 31) + c.charCodeAt(0)) | 0;
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    x = Math.imul(x ^ (x >>> 15), 0x85ebca77);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae3d);
    return low + (high - low) * Math.fround(((x ^ (x >>> 16)) >>> 0) / 2 ** 32);
  });
  return { shape, data };
}
const RANGES: Record<string, [low: number, high: number]> = {
  bias: [-0.1, 0.1],
  gamma: [0.5, 1],
  beta: [-0.2, 0.2],
  moving_mean: [-0.2, 0.2],
  moving_variance: [1, 2],
};

const image = Float32Array.from({ length: 3072 }, (_, i) => (((i * i * 7 + i * 13) % 1009) % 256) / 127.5 - 1);

test("with weights from a hash, features agree with a float64 PyTorch forward pass of the paper's network", async () => {
  const golden: { features: number[]; norm: number } = JSON.parse(
    readFileSync(new URL("../../goldens/extractors/resnet50-random.json", import.meta.url), "utf8"),
  );
  const weights = Object.entries(kerasShapes()).map(([name, shape]) => {
    const bound = Math.sqrt(6 / sizeOf(shape.slice(0, -1)));
    return [name, hashed(name, shape, ...(RANGES[name.split("/")[1]] ?? [-bound, bound]))] as const;
  });
  const extractor = resnet50Extractor(Object.fromEntries(weights), { channels: 3, height: 32, width: 32 });
  try {
    const { features } = await extractor.extract(image, 1);
    for (const [i, value] of golden.features.entries())
      expect(Math.abs(features[i] - value), `feature ${i}`).toBeLessThan(1e-4 * golden.norm);
    expect(Math.hypot(...features) / golden.norm).toBeCloseTo(1, 4);
  } finally {
    await extractor.release();
  }
});

test.skipIf(!resnet50IsCached())(
  "features agree with a float64 PyTorch forward pass of the unfolded model",
  async () => {
    const golden: { features: number[]; norm: number } = JSON.parse(
      readFileSync(new URL("../../goldens/extractors/resnet50.json", import.meta.url), "utf8"),
    );
    const extractor = resnet50Extractor(await readResnet50Weights(), { channels: 3, height: 32, width: 32 });
    try {
      const { features, logits } = await extractor.extract(image, 1);
      expect(logits).toBeNull();
      expect(features).toHaveLength(extractor.dim);
      for (const [i, value] of golden.features.entries()) expect(Math.abs(features[i] - value)).toBeLessThan(2e-3);
      expect(Math.hypot(...features) / golden.norm).toBeCloseTo(1, 4);
    } finally {
      await extractor.release();
    }
  },
);

test("grey images count as three equal channels", async () => {
  const grey = Float32Array.from({ length: 784 }, (_, i) => Math.sin(i / 9));
  const rgb = Float32Array.from({ length: 3 * 784 }, (_, i) => grey[i % 784]);
  const inputs: Float32Array[] = [];
  for (const [channels, images] of [[1, grey] as const, [3, rgb] as const]) {
    const program = compile({ images: [1, channels, 28, 28] }, ({ images }) => ({ x: preprocess(images) }));
    inputs.push((await program.run({ images })).x);
    await program.release();
  }
  expect(inputs[0]).toHaveLength(3 * 224 * 224);
  expect(inputs[0]).toEqual(inputs[1]);
});
