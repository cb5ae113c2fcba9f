import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kerasShapes, loadKeras, resnet50, resnet50Extractor } from "../../../src/methods/extractors/resnet50.js";
import { readResnet50Weights, resnet50IsCached } from "../../../src/methods/extractors/resnet50-weights.js";
import { countParameters } from "../../../src/nn/index.js";
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

test.skipIf(!resnet50IsCached())(
  "features agree with a float64 PyTorch forward pass of the unfolded model",
  async () => {
    const golden: { features: number[]; norm: number } = JSON.parse(
      readFileSync(new URL("../../goldens/extractors/resnet50.json", import.meta.url), "utf8"),
    );
    const extractor = resnet50Extractor(await readResnet50Weights(), { channels: 3, height: 32, width: 32 });
    try {
      const image = Float32Array.from({ length: 3072 }, (_, i) => (((i * i * 7 + i * 13) % 1009) % 256) / 127.5 - 1);
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

test.skipIf(!resnet50IsCached())("grey images count as three equal channels", async () => {
  const weights = await readResnet50Weights();
  const grey = Float32Array.from({ length: 784 }, (_, i) => Math.sin(i / 9));
  const rgb = Float32Array.from({ length: 3 * 784 }, (_, i) => grey[i % 784]);
  const features: Float32Array[] = [];
  for (const [channels, image] of [[1, grey] as const, [3, rgb] as const]) {
    const extractor = resnet50Extractor(weights, { channels, height: 28, width: 28 });
    features.push((await extractor.extract(image, 1)).features);
    await extractor.release();
  }
  expect(features[0].some((value) => value > 0.1)).toBe(true);
  for (const [i, value] of features[0].entries()) expect(Math.abs(value - features[1][i])).toBeLessThan(1e-3);
});
