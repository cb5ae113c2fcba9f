import { afterAll, describe, expect, test } from "vitest";
import { loadFlaxMsgpack } from "../../../src/io/flax-msgpack.js";
import { loadSafetensors } from "../../../src/io/safetensors-file.js";
import { DriftingModel } from "../../../src/methods/drifting/model.js";
import { fromOfficial } from "../../../src/methods/drifting/official.js";
import { transformerGenerator } from "../../../src/methods/drifting/transformer.js";
import type { Weights } from "../../../src/models/architecture.js";
import * as nn from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";
import { config, furthest, golden, inOurOrder } from "./official.js";

const official = (await loadFlaxMsgpack(`${golden}/pixels.msgpack`)) as Weights;
const values = (await loadSafetensors(`${golden}/pixels-values.safetensors`)).tensors;
const { noise, samples } = inOurOrder(values);
/** Of pixels of the order of 1. */
const CLOSE = 1e-4;

describe("weights as the official code computes with them:", () => {
  const { shape, weights, unused } = fromOfficial(official, config);
  const net = transformerGenerator(shape);
  nn.load(net, weights);
  const image = { height: 8, width: 8, channels: 3 as const };
  const classNames = ["a", "b", "c", "d", "e"];
  const described = { format: 1 as const, method: "drifting", name: "official", image, classNames, network: shape };
  const model = new DriftingModel({ ...described, training: {} }, shape, net, { device: "cpu", threads: 1 });
  afterAll(() => model.release());

  test("sizes, and nothing left out", () => {
    expect(shape).toEqual({
      kind: "transformer",
      size: 8,
      channels: 3,
      patch: 2,
      classes: 5,
      width: 24,
      depth: 2,
      heads: 2,
      contextTokens: 3,
      styles: { count: 3, size: 4 },
    });
    expect(unused).toEqual([]);
    const count = Object.values(official).reduce((sum, { data }) => sum + data.length, 0);
    expect(nn.countParameters(net)).toBe(count);
  });

  test("images of noise, labels, guidance and style tokens", async () => {
    const program = compile(
      {
        noise: [3, 1, 192],
        label: { shape: [3], dtype: "int32" },
        guidance: [3],
        style: { shape: [3, 1, 3], dtype: "int32" },
      },
      (inputs) => ({ images: net(inputs) }),
      { threads: 1 },
    );
    const style = Int32Array.from(values.styles.data as Int32Array, (value, i) => value + 4 * (i % 3));
    const label = values.labels.data as Int32Array;
    const { images } = await program.run({ noise, label, guidance: values.guidance.data as Float32Array, style });
    await program.release();
    expect(furthest(images, samples)).toBeLessThan(CLOSE);
  });

  test("samples of the model, clipped, each by its own options", async () => {
    const styles = values.styles.data as Int32Array;
    for (let i = 0; i < 3; i++) {
      const { pixels, labels } = await model.sample(
        {
          label: (values.labels.data as Int32Array)[i],
          guidance: Number(values.guidance.data[i]),
          style: [...styles.slice(3 * i, 3 * i + 3)],
        },
        { noise: noise.slice(192 * i, 192 * (i + 1)) },
      );
      const wanted = samples.slice(192 * i, 192 * (i + 1)).map((value) => Math.min(1, Math.max(-1, value)));
      expect(furthest(pixels, wanted)).toBeLessThan(CLOSE);
      expect([...labels!]).toEqual([(values.labels.data as Int32Array)[i]]);
    }
  });

  test("sample i of a seed is the same whatever the count; a mixture of one class is that class", async () => {
    const [one, many] = [await model.sample({ seed: 4 }), await model.sample({ seed: 4, count: 3 })];
    expect(furthest(one.pixels, many.pixels.slice(0, 192))).toBeLessThan(1e-5);
    expect(furthest(one.pixels, many.pixels.slice(192, 384))).toBeGreaterThan(0.1);
    const mixture = await model.sample({ seed: 4 }, { mixture: Float32Array.of(1, 0, 0, 0, 0) });
    expect(furthest(one.pixels, mixture.pixels)).toBeLessThan(1e-5);
    await expect(model.sample({ style: [0, 1] })).rejects.toThrow("style must be a list of 3 whole numbers in [0, 3]");
    await expect(model.sample({ guidance: 5 })).rejects.toThrow("guidance must be");
  });
});

describe("other weights are refused by name:", () => {
  const read =
    (tensors: Weights, changes: object = {}) =>
    () =>
      fromOfficial(tensors, { ...config, ...changes });

  test("missing, unknown and wrong ones", () => {
    const { "LightningDiT_0.cls_embed": _, "RMSNorm_0.weight": gain, ...rest } = official;
    const wrong = { shape: [5], data: gain.data };
    expect(read({ ...rest, "RMSNorm_0.weight": wrong, "noise_embeds_3.embedding": wrong })).toThrow(
      "These weights do not fit Drifting's network: missing: LightningDiT_0.cls_embed; " +
        'of another size: RMSNorm_0.weight [5] instead of [24]; unknown: "noise_embeds_3.embedding".',
    );
  });

  test("tables of style tokens", () => {
    expect(read(official, { noise_coords: 4 })).toThrow("noise_embeds_3.embedding is missing");
    expect(read(official, { noise_classes: 5 })).toThrow("noise_embeds_0.embedding is [4,24] instead of [5,24]");
  });

  test("sizes that make no network, and latents", () => {
    expect(read(official, { num_heads: 5 })).toThrow(
      "Weights of these sizes make no network: network.heads is 5; heads must divide width",
    );
    expect(read(official, { patch_size: 3 })).toThrow("network.patch is 3; patches of 3 do not divide 8 pixels");
    expect(read(official, { in_channels: 2 })).toThrow("network.channels is 2");
    expect(read(official, { in_channels: 4 })).toThrow("draw latents of Stable Diffusion's autoencoder");
  });
});

test("of a table of 1,001 classes ImageNet's 1,000 are read", () => {
  const { shape, data } = official["Embed_0.embedding"];
  const tall = new Float32Array(1001 * 24);
  tall.set(data);
  tall.fill(9, 1000 * 24);
  const read = fromOfficial(
    { ...official, "Embed_0.embedding": { shape: [1001, 24], data: tall } },
    { ...config, num_classes: 1001 },
  );
  expect(shape).toEqual([5, 24]);
  expect(read.shape.classes).toBe(1000);
  expect(read.weights["dit.label.weight"]).toEqual({ shape: [1000, 24], data: tall.slice(0, 24_000) });
});
