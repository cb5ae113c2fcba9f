import { afterAll, describe, expect, test } from "vitest";
import { loadSafetensors } from "../../../src/io/safetensors-file.js";
import { Images } from "../../../src/media/images.js";
import { spherifyRows } from "../../../src/methods/sphere/geometry.js";
import { SphereModel } from "../../../src/methods/sphere/model.js";
import { sphereNetwork } from "../../../src/methods/sphere/network.js";
import { fromOfficial } from "../../../src/methods/sphere/official.js";
import type { Weights } from "../../../src/models/architecture.js";
import * as nn from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";

const golden = async (name: string) =>
  (await loadSafetensors(`test/goldens/sphere-official/${name}.safetensors`)).tensors as Weights;
const apart = (found: ArrayLike<number>, { data }: Weights[string]): number => {
  expect(found.length).toBe(data.length);
  return data.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
};
/** Of pixels and latents of the order of 1. */
const CLOSE = 1e-4;

describe.each([
  ["classes", { heads: 8, maxAngle: 80 }],
  ["plain", { heads: 2, maxAngle: 85 }],
])("weights %s, as the official code computes with them:", async (name, description) => {
  const [official, values] = await Promise.all([golden(name), golden(`${name}-values`)]);
  const { shape, weights, unused } = fromOfficial(official, description);
  const net = sphereNetwork(shape);
  nn.load(net, weights);
  const { image, classes } = shape;
  const classNames = classes > 0 ? ["a", "b", "c"] : null;
  const described = { format: 1 as const, method: "sphere", name, image, classNames, network: shape, training: {} };
  const model = new SphereModel(described, shape, net, { device: "cpu", threads: 1 });
  afterAll(() => model.release());
  const images = new Images(values.images.data, 2, 3, 8, 8);
  const label = classes > 0 ? Array.from(values.labels.data, (at) => classNames![at]) : undefined;
  const guided = (guidance: number) => (classes > 0 ? { label, guidance } : {});

  test("sizes, and what is left out", () => {
    const conditional = name === "classes";
    expect(shape).toEqual({
      image: { height: 8, width: 8, channels: 3 },
      classes: conditional ? 3 : 0,
      body: {
        kind: "vit",
        patch: conditional ? 2 : 4,
        channels: conditional ? 4 : 6,
        width: conditional ? 32 : 16,
        layers: conditional ? 1 : 2,
        heads: description.heads,
        mixer: 2,
        head: conditional ? "conv" : "linear",
        encoderHead: "zeros",
        tokenNorm: true,
      },
      noise: { kind: "additive", maxAngle: description.maxAngle },
    });
    expect(unused).toEqual(["decoder.pos_embed", "encoder.pos_embed"]);
  });

  test("raw latents of images", async () => {
    const program = compile(
      { images: [2, 3, 8, 8], labels: { shape: [2], dtype: "int32" } },
      ({ images, labels }) => ({ latents: net.encode(images, labels) }),
      { threads: 1 },
    );
    const labels = classes > 0 ? Int32Array.from(values.labels.data) : new Int32Array(2);
    const { latents } = await program.run({ images: values.images.data, labels });
    await program.release();
    expect(apart(latents, values.encoded)).toBeLessThan(CLOSE);
  });

  test("images of points on the sphere, and of images", async () => {
    const points = spherifyRows(values.noise.data, model.latent);
    expect(apart((await model.decode(points, { label })).pixels, values.decoded)).toBeLessThan(CLOSE);
    expect(apart((await model.reconstruct(images)).pixels, values.reconstructed)).toBeLessThan(CLOSE);
  });

  test("an image in three steps, guided, with noise that is kept from the first refinement on", async () => {
    const first = await model.decode(spherifyRows(values.noise.data, model.latent), guided(1.4));
    expect(apart(first.pixels, values.first)).toBeLessThan(CLOSE);
    const noise = values.again.data;
    const last = await model.refine(first, { ...guided(1.4), steps: 2, noise });
    expect(apart(last.pixels, values.generated)).toBeLessThan(10 * CLOSE);
  });

  test("an edit of images with a quarter of the noise, the encoder guided", async () => {
    const at = classes > 0 ? ({ ...guided(1.4), guidanceAt: "encoder" } as const) : {};
    const edited = await model.refine(images, { ...at, steps: 3, strength: 0.25, noise: values.again.data });
    expect(apart(edited.pixels, values.edited)).toBeLessThan(10 * CLOSE);
  });
});

describe("other weights are refused by name", async () => {
  const official = await golden("classes");
  const read = (tensors: Weights) => fromOfficial(tensors, { heads: 8, maxAngle: 80 });

  test("missing, unknown and wrong ones", () => {
    const { "decoder.blocks.0.attn.qkv.bias": _, "encoder.ffn.linear.bias": bias, ...rest } = official;
    const wrong = { shape: [5], data: bias.data };
    expect(() => read({ ...rest, "encoder.ffn.linear.bias": wrong, "encoder.inctx_embed": wrong })).toThrow(
      "These weights do not fit the Sphere Encoder's network: missing: decoder.blocks.0.attn.qkv.bias; " +
        'of another size: encoder.ffn.linear.bias [5] instead of [4]; unknown: "encoder.inctx_embed".',
    );
    expect(() => read({})).toThrow("These are no weights of a Sphere Encoder: encoder.x_embedder.0.weight is missing");
  });

  test("a table of positions that is not the fixed one", () => {
    const { shape, data } = official["decoder.pos_embed"];
    const moved = { shape, data: data.map((value, i) => (i === 40 ? value + 0.01 : value)) };
    expect(() => read({ ...official, "decoder.pos_embed": moved })).toThrow("decoder.pos_embed is not the fixed table");
  });

  test("but not factors of the mixers without an axis", () => {
    const { data } = official["encoder.out.blocks.0.alpha1"];
    const { weights } = read({ ...official, "encoder.out.blocks.0.alpha1": { shape: [], data } });
    expect(weights["encode.net.mixer.blocks.0.scale1"]).toEqual({ shape: [1], data });
  });
});
