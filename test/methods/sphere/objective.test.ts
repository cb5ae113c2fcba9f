import { describe, expect, test } from "vitest";
import { disturb, spherify, spherifyRows } from "../../../src/methods/sphere/geometry.js";
import {
  codeEnergy,
  inFeatures,
  inPyramid,
  latentDistance,
  pixelDistance,
  type SphereInputs,
  type SphereWeights,
  sphereLoss,
} from "../../../src/methods/sphere/objective.js";
import { ENCODER, learningRate } from "../../../src/methods/sphere/stages.js";
import { drawStrengths } from "../../../src/methods/sphere/strengths.js";
import { uniformity } from "../../../src/metrics/uniformity.js";
import { featureNet } from "../../../src/networks/feature-net.js";
import * as nn from "../../../src/nn/index.js";
import * as optim from "../../../src/optim/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../../src/tensor/index.js";

const random = new Random(4, "sphere objective");
const labels = constant(new Int32Array(4), [4], "int32");
const same = { encode: labels, heavy: labels, light: labels, again: labels };
const ALL: SphereWeights = {
  reconstruction: 1,
  perceptual: 0,
  consistency: 1,
  consistencyPerceptual: 0,
  latent: 1,
  uniformity: 0,
};
const only = (name: keyof SphereWeights): SphereWeights => ({
  ...{ reconstruction: 0, perceptual: 0, consistency: 0, consistencyPerceptual: 0, latent: 0, uniformity: 0 },
  [name]: 1,
});

async function evaluate<K extends string>(
  feeds: Record<string, { shape: number[]; data: Float32Array }>,
  build: (inputs: Record<string, Tensor>) => Record<K, Tensor>,
) {
  const program = compile(Object.fromEntries(Object.entries(feeds).map(([k, { shape }]) => [k, shape])), build, {
    threads: 1,
  });
  const values = await program.run(Object.fromEntries(Object.entries(feeds).map(([k, { data }]) => [k, data])));
  await program.release();
  return values as Record<K, Float32Array>;
}

describe("14: the pixel distance is half the mean square in [0, 1]", () => {
  test("value and gradient", async () => {
    const [a, b] = [0, 1].map(() => Float32Array.from({ length: 32 }, () => 2 * random.uniform() - 1));
    const { d, g } = await evaluate({ a: { shape: [2, 16], data: a }, b: { shape: [2, 16], data: b } }, ({ a, b }) => {
      const d = pixelDistance(a, b);
      return { d, g: grad(d, [a])[0] };
    });
    const error = a.map((x, i) => (x - b[i]) / 2);
    expect(d[0]).toBeCloseTo(error.reduce((s, x) => s + x * x, 0) / 64, 7);
    // dρ/d(pixel in [0, 1]) = error/n; half of it for pixels in [−1, 1]
    g.forEach((x, i) => void expect(x).toBeCloseTo(error[i] / 32 / 2, 7));
  });
  test("0.2 against 0.6, and linear beyond a distance of one", async () => {
    const at = async (x: number, y: number) =>
      (
        await evaluate({ x: { shape: [1], data: Float32Array.of(2 * x - 1) } }, ({ x }) => ({
          d: pixelDistance(x, constant([2 * y - 1])),
        }))
      ).d[0];
    expect(await at(0.2, 0.6)).toBeCloseTo(0.08, 7);
    expect(await at(3, 0)).toBeCloseTo(2.5, 6);
  });
});

const LENGTH = 16;
/** Images that are latents: E and D reshape, with a factor each to differentiate by. */
const identity = (encodeScale: Tensor, decodeScale: Tensor) => ({
  encode: (x: Tensor) => x.flatten(1).mul(encodeScale),
  decode: (v: Tensor) => v.reshape([-1, 1, 4, 4]).mul(decodeScale),
});
const onSphere = () => spherifyRows(random.normals(4 * LENGTH), LENGTH, 0);
async function identityLoss(strength: { heavy: number; light: number }, weights = ALL) {
  const fill = (x: number) => new Float32Array(4).fill(x);
  return evaluate(
    {
      images: { shape: [4, 1, 4, 4], data: onSphere() },
      noise: { shape: [4, LENGTH], data: random.normals(4 * LENGTH) },
      heavy: { shape: [4], data: fill(strength.heavy) },
      light: { shape: [4], data: fill(strength.light) },
      encodeScale: { shape: [LENGTH], data: new Float32Array(LENGTH).fill(1) },
      decodeScale: { shape: [1, 1, 4, 4], data: new Float32Array(LENGTH).fill(1) },
    },
    ({ encodeScale, decodeScale, ...rest }) => {
      const { loss, terms } = sphereLoss(
        identity(encodeScale, decodeScale),
        { ...rest, labels: same } as SphereInputs,
        weights,
      );
      const [ge, gd] = grad(loss, [encodeScale, decodeScale]);
      return { ...terms, ge, gd };
    },
  );
}
const largest = (values: Float32Array) => values.reduce((m, x) => Math.max(m, Math.abs(x)), 0);

test("15: a perfect autoencoder has no loss and no gradient without noise, and both with it", async () => {
  const still = await identityLoss({ heavy: 0, light: 0 });
  for (const term of [still.reconstruction, still.consistency, still.latent]) expect(term[0]).toBeLessThan(1e-6);
  expect(largest(still.ge)).toBeLessThan(1e-5);
  expect(largest(still.gd)).toBeLessThan(1e-5);
  const noisy = await identityLoss({ heavy: 1, light: 0.3 });
  expect(noisy.reconstruction[0]).toBeGreaterThan(1e-3);
  expect(noisy.consistency[0]).toBeGreaterThan(1e-3);
  expect(largest(noisy.ge)).toBeGreaterThan(1e-3);
});

test("16: the latent distance is in [0, 2], blind to length, and its gradient orthogonal to the latent", async () => {
  const z = random.normals(LENGTH);
  const other = random.normals(LENGTH);
  const along = z.reduce((s, x, i) => s + x * other[i], 0) / z.reduce((s, x) => s + x * x, 0);
  const distance = async (a: Float32Array) => {
    const { d, g } = await evaluate(
      { a: { shape: [1, LENGTH], data: a }, z: { shape: [1, LENGTH], data: z } },
      ({ a, z }) => {
        const d = latentDistance(a, z);
        return { d, g: grad(d, [a])[0] };
      },
    );
    expect(Math.abs(a.reduce((s, x, i) => s + x * g[i], 0))).toBeLessThan(1e-5);
    return d[0];
  };
  expect(await distance(z.map((x) => 3 * x))).toBeCloseTo(0, 6);
  expect(await distance(z.map((x) => -0.2 * x))).toBeCloseTo(2, 5);
  expect(await distance(other.map((x, i) => x - along * z[i]))).toBeCloseTo(1, 5);
  expect(await distance(other)).toBeCloseTo(await distance(other.map((x) => 7 * x)), 5);
});

/** A two-layer autoencoder of 4×4 images. */
function small(seed: number) {
  const encode = nn.mlp([LENGTH, 12, 8]);
  const decode = nn.mlp([8, 12, LENGTH]);
  const net = nn.module({ encode, decode });
  const parameters = nn.initialize(net, seed);
  return {
    parameters,
    encode: (x: Tensor) => encode(x.flatten(1)),
    decode: (v: Tensor) => decode(v).reshape([-1, 1, 4, 4]),
    names: parameters.entries.map(({ name }) => name),
  };
}
const batch = () => ({
  images: { shape: [4, 1, 4, 4], data: Float32Array.from({ length: 64 }, () => 2 * random.uniform() - 1) },
  noise: { shape: [4, 8], data: random.normals(32) },
  heavy: { shape: [4], data: Float32Array.of(1, 2, 0.5, 1.5) },
  light: { shape: [4], data: Float32Array.of(0.2, 0, 0.1, 0.6) },
});

describe("17: stopped gradients", () => {
  test("the consistency's target gets none", async () => {
    const { g } = await evaluate(
      { a: { shape: [8], data: random.normals(8) }, b: { shape: [8], data: random.normals(8) } },
      ({ a, b }) => ({
        g: grad(pixelDistance(a, b), [b])[0],
      }),
    );
    expect(largest(g)).toBe(0);
  });

  test("the latent loss moves its prediction, not its target", async () => {
    const net = small(1);
    const fed = batch();
    const feeds = Object.fromEntries(Object.entries(fed).map(([k, { data }]) => [k, data]));
    // The analytic gradient, and the loss with the encoder of the target held apart
    const frozen = small(1);
    const specs = Object.fromEntries(Object.entries(fed).map(([k, { shape }]) => [k, shape]));
    const analytic = compile(specs, (i) => {
      const { loss } = sphereLoss(net, { ...i, labels: same } as SphereInputs, only("latent"));
      return { gradients: grad(loss, net.parameters) };
    });
    const held = compile(specs, (i) => {
      const drawn = net.decode(disturb(spherify(net.encode(i.images)), i.heavy, i.noise));
      return {
        held: latentDistance(net.encode(drawn), frozen.encode(i.images)),
        moving: latentDistance(net.encode(drawn), net.encode(i.images)),
      };
    });
    const gradients = (await analytic.run(feeds)).gradients.slice();
    const { flat } = net.parameters;
    const h = 1e-2;
    let checked = 0;
    for (let i = 0; i < 40; i++) {
      const before = flat[i];
      flat[i] = before + h;
      const up = await held.run(feeds);
      flat[i] = before - h;
      const down = await held.run(feeds);
      flat[i] = before;
      const fixed = (up.held[0] - down.held[0]) / (2 * h);
      const moving = (up.moving[0] - down.moving[0]) / (2 * h);
      expect(Math.abs(fixed - gradients[i])).toBeLessThan(2e-3);
      if (Math.abs(moving - gradients[i]) > 1e-2) checked++;
    }
    expect(checked).toBeGreaterThan(5); // with a moving target the slope is another
    await analytic.release();
    await held.release();
  });
});

test("18: the latent loss reaches the decoder, unless the picture is cut off", async () => {
  const net = small(2);
  const of = async (cut: boolean) => {
    const fed = batch();
    const program = compile(Object.fromEntries(Object.entries(fed).map(([k, { shape }]) => [k, shape])), (i) => {
      const encode = (x: Tensor) => net.encode(cut ? x.stopGradient() : x);
      const { loss } = sphereLoss({ ...net, encode }, { ...i, labels: same } as SphereInputs, only("latent"));
      return { gradients: grad(loss, net.parameters) };
    });
    const { gradients } = await program.run(Object.fromEntries(Object.entries(fed).map(([k, { data }]) => [k, data])));
    await program.release();
    return largest(
      Float32Array.from(
        net.parameters.entries.flatMap(({ name, offset, size }) =>
          name.startsWith("decode") ? Array.from(gradients.subarray(offset, offset + size)) : [],
        ),
      ),
    );
  };
  expect(await of(false)).toBeGreaterThan(1e-4);
  expect(await of(true)).toBe(0);
});

test("19: without noise the two pictures are one, and consistency is silent", async () => {
  const net = small(3);
  const fed = {
    ...batch(),
    heavy: { shape: [4], data: new Float32Array(4) },
    light: { shape: [4], data: new Float32Array(4) },
  };
  const { consistency, g } = await evaluate(fed, (i) => {
    const { loss, terms } = sphereLoss(net, { ...i, labels: same } as SphereInputs, only("consistency"));
    return {
      consistency: terms.consistency,
      g: grad(
        loss,
        net.parameters.entries.map((e) => e.parameter),
      )[0]
        .abs()
        .max(),
    };
  });
  expect(consistency[0]).toBe(0);
  expect(g[0]).toBe(0);
});

test("36: the average of constant weights from zero is w(1 − βᵏ)", () => {
  const net = nn.linear(2, 2);
  const parameters = nn.initialize(net, 1);
  const average = optim.ema(parameters, { decay: 0.9 });
  for (let i = 0; i < 200; i++) average.update(); // past the quick start
  average.average.fill(0);
  for (let i = 0; i < 7; i++) average.update();
  average.average.forEach((x, i) => void expect(x).toBeCloseTo(parameters.flat[i] * (1 - 0.9 ** 7), 6));
});

describe("37: learning rates", () => {
  test("rise from lr/(W + 1) and fall to a hundredth", () => {
    const at = learningRate({ lr: 1e-3, steps: 100, warmup: 9 });
    expect(at(0)).toBeCloseTo(1e-4, 10);
    expect(at(9)).toBeCloseTo(1e-3, 10);
    expect(at(99)).toBeLessThan(2e-5);
  });
  test("the encoder's is a tenth of the decoder's at every step", () => {
    const net = small(4);
    const optimizer = optim.adamw(net.parameters, {
      lr: learningRate({ lr: 1e-2, steps: 8, warmup: 2 }),
      betas: [0.9, 0.95],
      groups: [{ match: ENCODER, lr: 0.1 }],
    });
    const gradients = new Float32Array(net.parameters.flat.length).fill(1); // Adam's step is then the learning rate
    const at = (prefix: string) => net.parameters.entries.find(({ name }) => name.startsWith(prefix))!.offset;
    for (let step = 0; step < 8; step++) {
      const before = net.parameters.flat.slice();
      optimizer.update(gradients);
      const moved = (i: number) => before[i] - net.parameters.flat[i];
      expect(moved(at("encode")) / moved(at("decode"))).toBeCloseTo(0.1, 3);
    }
  });
});

test("38: sixteen images are learned by heart", async () => {
  const [length, count, area] = [64, 16, 49];
  const encode = nn.mlp([area, 128, length]);
  const decode = nn.mlp([length, 128, area]);
  const net = nn.module({ encode, decode });
  const parameters = nn.initialize(net, 5);
  const images = Float32Array.from({ length: count * area }, () => Math.sign(random.normal()) * 0.8);
  const none = constant(new Int32Array(count), [count], "int32");
  const program = compile(
    { images: [count, 1, 7, 7], noise: [count, length], heavy: [count], light: [count] },
    (i) => {
      const { loss, terms } = sphereLoss(
        { encode: (x) => encode(x.flatten(1)), decode: (v) => decode(v).reshape([-1, 1, 7, 7]) },
        { ...i, labels: { encode: none, heavy: none, light: none, again: none } },
        { reconstruction: 25, perceptual: 0, consistency: 12.5, consistencyPerceptual: 0, latent: 0.1, uniformity: 0 },
      );
      return { rec: terms.reconstruction, gradients: grad(loss, parameters) };
    },
    { threads: 1 },
  );
  const adam = optim.adam(parameters, { lr: 3e-3 });
  let best = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 500; step++) {
    const strengths = drawStrengths(count, { kind: "additive", maxAngle: 10, hardCases: "intended" }, random);
    const { rec, gradients } = await program.run({ images, noise: random.normals(count * length), ...strengths });
    adam.update(gradients);
    best = Math.min(best, rec[0] / 25);
  }
  await program.release();
  expect(best).toBeLessThan(1e-4);
});

test("the code energy is zero for one code, and that of the statistics for others", async () => {
  const latents = { shape: [20, LENGTH], data: spherifyRows(random.normals(20 * LENGTH), LENGTH, 0) };
  const { spread, one } = await evaluate({ latents }, ({ latents }) => ({
    spread: codeEnergy(latents),
    one: codeEnergy(latents.slice(0, 0, 1).broadcastTo([20, LENGTH])),
  }));
  expect(spread[0]).toBeCloseTo(uniformity(latents.data, LENGTH).energy, 5);
  expect(one[0]).toBeCloseTo(0, 5);
});

test("the feature network sees the crop that is asked for", async () => {
  const net = featureNet({ channels: 1, width: 4, blocks: [1], stemStride: 2 });
  nn.initialize(net, 3);
  const make = () => ({ shape: [1, 1, 8, 8], data: Float32Array.from({ length: 64 }, () => random.uniform()) });
  const corner = { shape: [4], data: Float32Array.of(0, 0, 1, 0) }; // below, left
  const { cropped, expected, whole } = await evaluate({ a: make(), b: make(), corner }, ({ a, b, corner }) => {
    const crop = (t: Tensor) => t.slice(2, 1).slice(3, 0, 7);
    return {
      cropped: inFeatures(net, corner)(a, b),
      expected: inFeatures(net)(crop(a), crop(b)),
      whole: inFeatures(net)(a, b),
    };
  });
  expect(cropped[0]).toBeCloseTo(expected[0], 5);
  expect(Math.abs(cropped[0] - whole[0])).toBeGreaterThan(1e-4);
});

describe("perceptual distances", () => {
  const images = { shape: [2, 1, 8, 8], data: Float32Array.from({ length: 128 }, () => random.uniform()) };
  const other = { shape: [2, 1, 8, 8], data: Float32Array.from({ length: 128 }, () => random.uniform()) };
  test.each(["features", "pyramid"])(
    "%s: zero for equal pictures, positive for others, no gradient to the reference",
    async (space) => {
      const net = featureNet({ channels: 1, width: 4, blocks: [1, 1], stemStride: 1 });
      nn.initialize(net, 3);
      const distance = space === "features" ? inFeatures(net) : inPyramid;
      const { same, apart, ga, gb } = await evaluate({ a: images, b: other }, ({ a, b }) => {
        const apart = distance(a, b);
        return { same: distance(a, a.add(0)), apart, ga: grad(apart, [a])[0], gb: grad(apart, [b])[0] };
      });
      expect(same[0]).toBe(0);
      expect(apart[0]).toBeGreaterThan(0.01);
      expect(largest(ga)).toBeGreaterThan(0);
      expect(largest(gb)).toBe(0);
    },
  );
});
