import { describe, expect, test } from "vitest";
import {
  adaptiveWeight,
  alignmentLoss,
  contrastiveLoss,
  flowLoss,
  klLoss,
  noised,
  reconstructionLoss,
} from "../../../src/methods/motion/objective.js";
import * as nn from "../../../src/nn/index.js";
import { compile, type Feed } from "../../../src/runtime/index.js";
import { grad, stack, type Tensor } from "../../../src/tensor/index.js";
import { drawn, golden } from "./golden.js";

async function value<I extends string>(
  specs: Record<I, number[]>,
  build: (inputs: Record<I, Tensor>) => Tensor,
  feeds: Record<I, Feed>,
): Promise<number[]> {
  await using program = compile(specs, (inputs) => ({ out: build(inputs) }), { device: "cpu", threads: 1 });
  return [...(await program.run(feeds)).out];
}

describe("the codec's losses", () => {
  test("are those of NumPy", async () => {
    const error = drawn("error", 28);
    const [found] = await value({ error: [4, 7] }, ({ error }) => reconstructionLoss(error), { error });
    expect(found).toBeCloseTo(golden.losses.reconstruction, 5);
    const parts = { mean: error.slice(0, 14), log: error.slice(14) };
    const [kl] = await value({ mean: [2, 7], log: [2, 7] }, ({ mean, log }) => klLoss(mean, log), parts);
    expect(kl).toBeCloseTo(golden.losses.kl, 5);
    const pair = { z: drawn("tokens of a batch", 40), f: drawn("features of a batch", 40) };
    const [align] = await value({ z: [2, 4, 5], f: [2, 4, 5] }, ({ z, f }) => alignmentLoss(z, f), pair);
    expect(align).toBeCloseTo(golden.losses.alignment, 5);
  });

  test("of a reconstruction: ln r + ½ + ½·ln 2π, with the gradient of ln r", async () => {
    const error = drawn("error", 28);
    const r = Math.sqrt(error.reduce((sum, v) => sum + v * v, 0) / 28);
    const [found] = await value({ error: [28] }, ({ error }) => reconstructionLoss(error), { error });
    expect(found).toBeCloseTo(Math.log(r) + 0.5 + 0.5 * Math.log(2 * Math.PI), 2);
    const d = await value({ error: [28] }, ({ error }) => grad(reconstructionLoss(error), [error])[0], { error });
    for (let i = 0; i < 28; i++) expect(d[i]).toBeCloseTo(error[i] / 28 / (r * r), 2);
  });

  test("of what is exact stay finite, and so do their gradients", async () => {
    const error = new Float32Array(8);
    const [found] = await value({ error: [8] }, ({ error }) => reconstructionLoss(error), { error });
    expect(found).toBeCloseTo(-6 + 0.5 * Math.log(2 * Math.PI), 2);
    const d = await value({ error: [8] }, ({ error }) => grad(reconstructionLoss(error), [error])[0], { error });
    expect(d).toEqual(new Array(8).fill(0));
  });

  test("of tokens are 0 where these are normal", async () => {
    const zeros = { mean: new Float32Array(4), log: new Float32Array(4) };
    expect(await value({ mean: [4], log: [4] }, ({ mean, log }) => klLoss(mean, log), zeros)).toEqual([0]);
  });
});

describe("the alignment", () => {
  const z = drawn("tokens of a batch", 8);
  const align = (z: Float32Array, f: Float32Array, margins = { cosine: 0, distances: 0 }) =>
    value({ z: [1, 4, 2], f: [1, 4, 2] }, ({ z, f }) => alignmentLoss(z, f, margins), { z, f });

  test("is 0 where tokens are the teacher's", async () => {
    expect((await align(z, z))[0]).toBeCloseTo(0, 5);
  });

  test("of cosines among tokens does not change when they are turned; that with the teacher does", async () => {
    const turned = z.map((_, i) => (i % 2 === 0 ? -z[i + 1] : z[i - 1]));
    expect((await align(turned, z, { cosine: 2, distances: 0 }))[0]).toBeCloseTo(0, 5); // cosine: none counts
    expect((await align(turned, z, { cosine: 0, distances: 2 }))[0]).toBeCloseTo(1, 5); // at right angles
  });
});

test("the adaptive weight is the ratio of the gradients' norms, and no gradient flows through it", async () => {
  const w = nn.parameter([2], nn.init.values([1, 2]));
  nn.initialize(nn.module({ w }), 0);
  const losses = (x: Tensor) => ({ a: w.mul(x).sum().mul(6), b: w.mul(x).sum().mul(2) });
  const [found, slope] = await value(
    { x: [2] },
    ({ x }) => {
      const { a, b } = losses(x);
      const weight = adaptiveWeight(a, b, w);
      return stack([weight.sum(), grad(b.mul(weight), [w])[0].sum()]);
    },
    { x: [3, 4] },
  );
  expect(found).toBeCloseTo(3, 5);
  expect(slope).toBeCloseTo(3 * 2 * 7, 4);
});

test("the contrastive loss is that of NumPy", async () => {
  const feeds = {
    m: drawn("motions", 12),
    t: drawn("texts", 12),
    same: [0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 1],
    scale: [1.5],
  };
  const [found] = await value(
    { m: [3, 4], t: [3, 4], same: [3, 3], scale: [1] },
    ({ m, t, same, scale }) => contrastiveLoss(m, t, same, scale),
    feeds,
  );
  expect(found).toBeCloseTo(golden.losses.contrastive, 4);
});

test("flow matching counts the tokens that it is told to", async () => {
  const [clean, noise] = [drawn("clean", 12), drawn("noise", 12)];
  const zero = (weights: number[]) =>
    value(
      { clean: [2, 3, 2], noise: [2, 3, 2], weights: [2, 3] },
      ({ clean, noise, weights }) => flowLoss(clean.mul(0), clean, noise, weights),
      { clean, noise, weights },
    );
  const error = (i: number) => (clean[i] - noise[i]) ** 2;
  expect((await zero([1, 0, 0, 0, 0, 0]))[0]).toBeCloseTo((error(0) + error(1)) / 2, 5);
  const all = Array.from({ length: 12 }, (_, i) => error(i)).reduce((a, b) => a + b) / 12;
  expect((await zero([1, 1, 1, 1, 1, 1]))[0]).toBeCloseTo(all, 5);
  expect(await zero([0, 0, 0, 0, 0, 0])).toEqual([0]);
});

test("noised tokens are noise at time 0 and clean at 1", async () => {
  const feeds = { clean: [2, 2, 2], noise: [5, 5, 5], t: [0, 0.5, 1] };
  expect(
    await value({ clean: [3], noise: [3], t: [3] }, ({ clean, noise, t }) => noised(clean, noise, t), feeds),
  ).toEqual([5, 3.5, 2]);
});
