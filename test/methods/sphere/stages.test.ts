import { expect, test } from "vitest";
import type { ImageDataset } from "../../../src/data/index.js";
import { presets, type SphereSettings, sigmaOf, sphereNetwork } from "../../../src/methods/sphere/index.js";
import type { SphereNetwork } from "../../../src/methods/sphere/network.js";
import { batches, learningRate, sphereStage } from "../../../src/methods/sphere/stages.js";
import { featureDistance, featureNet } from "../../../src/networks/feature-net.js";
import * as nn from "../../../src/nn/index.js";
import type { Optimizer } from "../../../src/optim/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";
import { shapes } from "../pictures.js";
import { untrainedShape } from "./untrained.js";

const [SIDE, LENGTH, BATCH] = [16, 256, 8];
const config: SphereSettings = {
  ...presets.tiny,
  noise: { kind: "additive", maxAngle: 60, trainAngle: null, hardCases: "intended" },
  // All different, so that none can stand in for another
  weights: {
    reconstruction: 3,
    perceptual: 0.7,
    consistency: 2,
    consistencyPerceptual: 0.4,
    latent: 1.3,
    uniformity: 0.6,
  },
  perceptual: "none",
  training: { ...presets.tiny.training, batch: BATCH, steps: 10, warmup: 0, labelDropout: 0.3 },
};
const with_ = (change: Partial<SphereSettings>): SphereSettings => ({ ...config, ...change });
const contextOf = (config: SphereSettings, net: SphereNetwork, dataset = shapes()) => ({
  ...{ dataset, config, net, latent: LENGTH, maxAngle: 60, threads: 1 },
});

/** Coders that float64 can follow: both add the class's row, and an image is its latent. */
function transparent(classes: number) {
  const coder = (apply: (x: Tensor, row: Tensor) => Tensor) => {
    const table = nn.embedding(classes + 1, LENGTH, { init: nn.init.normal(0.5) });
    return nn.module({ table }, (x: Tensor, labels: Tensor) => apply(x, table(labels)));
  };
  const encode = coder((x, row) => x.flatten(1).add(row));
  const decode = coder((v, row) => v.add(row).reshape([-1, 1, SIDE, SIDE]));
  const net = nn.module({ encode, decode });
  const { flat } = nn.initialize(net, 3);
  return {
    net: net as SphereNetwork,
    row: (side: "encode" | "decode", label: number) =>
      flat.slice(((side === "encode" ? 0 : classes + 1) + label) * LENGTH).subarray(0, LENGTH),
  };
}

type Vector = Float64Array;
const vector = (from: ArrayLike<number>, of: (x: number, i: number) => number): Vector => Float64Array.from(from, of);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const dot = (a: Vector, b: Vector) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const cos = (a: Vector, b: Vector) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const project = (z: Vector) => z.map((x) => x / Math.sqrt(dot(z, z) / LENGTH + 1e-6));

/** The specification's disturbance of a latent on the sphere. */
function disturbed(v: Vector, strength: number, e: Vector, kind: "additive" | "rotation"): Vector {
  if (strength === 0) return v;
  if (kind === "additive") return project(v.map((x, i) => x + strength * e[i]));
  const across = e.map((x, i) => x - (dot(e, v) / dot(v, v)) * v[i]);
  const scale = Math.sqrt(LENGTH / dot(across, across));
  return v.map((x, i) => Math.cos(strength) * x + Math.sin(strength) * scale * across[i]);
}

/** Smooth L1 in [0, 1], of pixels in [−1, 1]. */
const pixels = (a: Vector, b: Vector) =>
  mean(a.map((x, i) => Math.abs(x - b[i]) / 2).map((d) => (d < 1 ? (d * d) / 2 : d - 0.5)));

const halved = (a: Vector, side: number) =>
  Float64Array.from({ length: a.length / 4 }, (_, i) => {
    const half = side / 2;
    const at = 2 * Math.floor(i / half) * side + 2 * (i % half);
    return (a[at] + a[at + 1] + a[at + side] + a[at + side + 1]) / 4;
  });

/** Pixel distances at halved sizes, doubling in weight, and the mean absolute errors of differences down and across. */
function pyramid(a: Vector, b: Vector): number {
  const error = a.map((x, i) => x - b[i]);
  const differences = (step: number, last: (i: number) => boolean) =>
    mean(Array.from(error.keys(), (i) => (last(i) ? [] : [Math.abs(error[i + step] - error[i])])).flat());
  let total = differences(SIDE, (i) => i >= SIDE * (SIDE - 1)) + differences(1, (i) => i % SIDE === SIDE - 1);
  for (let side = SIDE, weight = 2; side > 4; side /= 2, weight *= 2) {
    [a, b] = [halved(a, side), halved(b, side)];
    total += weight * pixels(a, b);
  }
  return total;
}

type Distance = (a: Vector[], b: Vector[]) => Promise<number>;
const perImage = (of: (a: Vector, b: Vector) => number): Distance => {
  return async (a, b) => mean(a.map((x, i) => of(x, b[i])));
};

const features = featureNet({ channels: 1, width: 4, blocks: [1, 1], stemStride: 2 });
nn.initialize(features, 4);
/** Distance of features; with a corner (top or bottom, left or right) of crops that are a pixel smaller. */
const inFeatures = (corner: ArrayLike<number> | null): Distance => {
  const k = corner ? Array.from(corner).indexOf(1) : 0;
  const [y0, x0, side] = corner ? [k >> 1, k & 1, SIDE - 1] : [0, 0, SIDE];
  const crop = (a: Vector) =>
    Array.from({ length: side * side }, (_, i) => a[(y0 + Math.floor(i / side)) * SIDE + x0 + (i % side)]);
  return async (a, b) => {
    const shape = [a.length, 1, side, side];
    const program = compile(
      { a: shape, b: shape },
      ({ a, b }) => ({ distance: featureDistance(features(a), features(b)) }),
      { threads: 1 },
    );
    const { distance } = await program.run({ a: a.flatMap(crop), b: b.flatMap(crop) });
    await program.release();
    return distance[0];
  };
};

/** The losses of one batch in float64, from the specification. */
async function expected(
  { weights: w, noise: { kind } }: SphereSettings,
  drawn: ReturnType<ReturnType<typeof batches>["next"]>,
  row: ReturnType<typeof transparent>["row"],
  perceptual: Distance,
) {
  const at = (all: Float32Array, b: number) => vector(all.subarray(b * LENGTH, (b + 1) * LENGTH), (x) => x);
  const plus = (a: Vector, b: ArrayLike<number>) => a.map((x, i) => x + b[i]);
  const rows = Array.from({ length: BATCH }, (_, b) => {
    const [x, e] = [at(drawn.images, b), at(drawn.noise, b)];
    const z = plus(x, row("encode", drawn.encode[b]));
    const v = project(z);
    const heavy = plus(disturbed(v, drawn.heavy[b], e, kind), row("decode", drawn.heavyLabel[b]));
    const light = plus(disturbed(v, drawn.light[b], e, kind), row("decode", drawn.lightLabel[b]));
    return { x, z, v, heavy, light, again: plus(heavy, row("encode", drawn.again[b])) };
  });
  const all = (name: keyof (typeof rows)[0]) => rows.map((r) => r[name]);
  const distance = async (a: Vector[], b: Vector[], inPixels: number, beyond: number) =>
    inPixels * (await perImage(pixels)(a, b)) + beyond * (await perceptual(a, b));
  const compares = w.consistency > 0 || w.consistencyPerceptual > 0;
  const [x, heavy, light] = [all("x"), all("heavy"), all("light")];
  const pairs = rows.flatMap((a, i) => rows.flatMap((b, j) => (i === j ? [] : [Math.exp(-4 * (1 - cos(a.v, b.v)))])));
  const terms = {
    reconstruction: await distance(compares ? light : heavy, x, w.reconstruction, w.perceptual),
    consistency: compares ? await distance(heavy, light, w.consistency, w.consistencyPerceptual) : 0,
    latent: w.latent * mean(rows.map(({ again, z }) => 1 - cos(again, z))),
    uniformity: w.uniformity * Math.log(mean(pairs)),
  };
  return { ...terms, loss: Object.values(terms).reduce((a, b) => a + b) };
}

const variants: Record<string, Partial<SphereSettings>> = {
  "additive noise": {},
  "turned latents": { noise: { ...config.noise, kind: "rotation" } },
  "no consistency": { weights: { ...config.weights, consistency: 0, consistencyPerceptual: 0 } },
  "a pyramid": { perceptual: "pyramid" },
  features: { perceptual: "features" },
  "cropped features": { perceptual: "features", perceptualCrop: true },
};
test.each(Object.entries(variants))("training minimises the specification's losses: %s", async (_, change) => {
  const settings = with_(change);
  const { net, row } = transparent(2);
  const context = contextOf(settings, net);
  const stage = sphereStage(context, settings.perceptual === "features" ? features : null);
  const { next } = batches(context, new Random(settings.seed, "sphere"));
  for (let step = 0; step < 3; step++) {
    const drawn = next();
    const crop = settings.perceptualCrop ? drawn.corner : null;
    const perceptual = { none: perImage(() => 0), pyramid: perImage(pyramid), features: inFeatures(crop) };
    const wanted = await expected(settings, drawn, row, perceptual[settings.perceptual]);
    const logged = await stage.step(step); // and moves the rows that the next step is computed from
    for (const [name, value] of Object.entries(wanted))
      expect(Math.abs(logged[name] - value), `${name} of step ${step}`).toBeLessThan(2e-5 * Math.max(1, value));
  }
  await stage.finish!();
});

/** Nine pictures of three classes that say which they are: left half 10·i, right half 10·i + 5. */
const numbered = (labelled: boolean): ImageDataset => {
  const split = (count: number) => ({
    count,
    pixels: Uint8Array.from({ length: count * 16 }, (_, j) => 10 * Math.floor(j / 16) + (j % 4 < 2 ? 0 : 5)),
    labels: labelled ? Uint16Array.from({ length: count }, (_, i) => i % 3) : null,
    channels: 1 as const,
  });
  return {
    ...shapes(),
    ...{ height: 4, width: 4, classNames: labelled ? ["a", "b", "c"] : null, train: split(9), test: split(9) },
  };
};
/** What many batches draw. */
function drawMany(change: Partial<SphereSettings["training"]>, other: Partial<SphereSettings> = {}, labelled = true) {
  const settings = { ...config, ...other, training: { ...config.training, ...change } };
  const dataset = numbered(labelled);
  const context = { ...contextOf(settings, sphereNetwork(untrainedShape()), dataset), latent: 16 };
  const { next } = batches(context, new Random(1, "many"));
  return Array.from({ length: 300 }, () => {
    const drawn = next();
    const picture = Array.from(drawn.heavy, (_, b) => drawn.images.slice(b * 16, (b + 1) * 16));
    const left = picture.map((p) => Math.round((p[0] + 1) * 127.5));
    return { ...drawn, index: left.map((p) => Math.floor(p / 10)), mirrored: left.map((p) => p % 10 === 5) };
  });
}
const CALLS = ["encode", "heavyLabel", "lightLabel", "again"] as const;
/** Within 4.5 deviations of a binomial share. */
const expectShare = (hits: readonly boolean[], p: number) =>
  expect(Math.abs(hits.filter((hit) => hit).length / hits.length - p)).toBeLessThan(
    4.5 * Math.sqrt((p * (1 - p)) / hits.length) + 1e-12,
  );

test("every call is given the picture's own class, hidden with the probability that is asked for", () => {
  for (const p of [0, 0.3, 1]) {
    const all = drawMany({ labelDropout: p });
    const hidden = CALLS.map((call) => all.flatMap((drawn) => Array.from(drawn[call], (label) => label === 3)));
    for (const call of CALLS)
      expect(all.every((drawn) => drawn[call].every((label, b) => label === 3 || label === drawn.index[b] % 3))).toBe(
        true,
      );
    hidden.forEach((one, i) => {
      expectShare(one, p);
      // Independently of the other calls
      for (const other of hidden.slice(0, i))
        expectShare(
          one.map((hit, n) => hit && other[n]),
          p * p,
        );
    });
  }
  const unlabelled = drawMany({ labelDropout: 0 }, {}, false);
  for (const call of CALLS) expect(unlabelled.every((drawn) => drawn[call].every((label) => label === 0))).toBe(true);
});

test("every picture is seen equally often, half of them mirrored where that is asked for", () => {
  for (const flip of [false, true]) {
    const all = drawMany({ flip });
    const indices = all.flatMap(({ index }) => index);
    for (let i = 0; i + 9 <= indices.length; i += 9)
      expect(indices.slice(i, i + 9).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expectShare(
      all.flatMap(({ mirrored }) => mirrored),
      flip ? 0.5 : 0,
    );
  }
});

test("the light noise is the weaker one, a tenth of the heavy ones is beyond the angle", () => {
  const full = sigmaOf(60);
  const all = drawMany({});
  const [heavy, light] = (["heavy", "light"] as const).map((name) => all.flatMap((d) => Array.from(d[name])));
  expectShare(
    heavy.map((s) => s > full * (1 + 1e-6)),
    0.1,
  );
  expect(light.every((s) => s <= full / 2)).toBe(true);
  // r·r′/2 with both uniform
  expect(Math.abs(mean(light) / full - 1 / 8)).toBeLessThan(0.015);
  const noise = all.flatMap((d) => Array.from(d.noise));
  expect(noise).toHaveLength(300 * BATCH * 16);
  expect(Math.abs(mean(noise))).toBeLessThan(4.5 / Math.sqrt(noise.length));
  expect(Math.abs(mean(noise.map((x) => x * x)) - 1)).toBeLessThan(4.5 * Math.sqrt(2 / noise.length));
});

test("the four corners are drawn equally often, where there is a crop", () => {
  const corners = drawMany({}, { perceptual: "features", perceptualCrop: true }).map(({ corner }) =>
    Array.from(corner),
  );
  for (const k of [0, 1, 2, 3])
    expectShare(
      corners.map((corner) => corner[k] === 1),
      1 / 4,
    );
  expect(corners.every((corner) => corner.filter((x) => x === 0).length === 3)).toBe(true);
  for (const perceptual of ["none", "pyramid"] as const)
    for (const { corner } of drawMany({}, { perceptual, perceptualCrop: true })) expect(Math.max(...corner)).toBe(0);
});

test.each([0, 0.1, 1])(
  "the encoder's learning rate is %d times the decoder's; gradients are clipped",
  async (encoderLr) => {
    const shape = untrainedShape(2, SIDE);
    const net = sphereNetwork(shape);
    const parameters = nn.initialize(net, 2);
    const before = parameters.flat.slice();
    const training = { ...config.training, encoderLr, clip: 0.01 };
    const context = contextOf({ ...config, training }, net);
    const stage = sphereStage({ ...context, latent: 16 }, null);
    const { norm } = await stage.step(0);
    // Adam's first step is the learning rate wherever there is a gradient
    const moved = (side: string) =>
      Math.max(
        ...parameters.entries
          .filter(({ name }) => name.startsWith(side))
          .map(({ offset, size }) =>
            parameters.flat
              .subarray(offset, offset + size)
              .reduce((m, x, i) => Math.max(m, Math.abs(x - before[offset + i])), 0),
          ),
      );
    const lr = learningRate(training)(0);
    expect(moved("decode") / lr).toBeCloseTo(1, 2);
    expect(moved("encode") / lr).toBeCloseTo(encoderLr, 2);
    expect(norm).toBeGreaterThan(0.01);
    const { m } = (stage.state.optimizer as Optimizer).state().vectors;
    expect(Math.hypot(...m)).toBeCloseTo(0.1 * 0.01, 6);
    await stage.finish!();
  },
);

test("the learning rate rises from its share at step 0 to the whole at the warm-up's end, then falls to a hundredth", () => {
  const rate = learningRate({ lr: 2, steps: 25, warmup: 4 });
  for (const [step, wanted] of [
    [0, 2 / 5],
    [2, 6 / 5],
    [4, 2],
    [5, 2],
    [10, 0.02 + 1.98 * (0.5 + Math.SQRT1_2 / 2)],
    [15, 0.02 + 0.99],
    [25, 0.02],
    [30, 0.02],
  ])
    expect(rate(step), `step ${step}`).toBeCloseTo(wanted, 12);
  expect(learningRate({ lr: 2, steps: 3, warmup: 4 })(3)).toBeCloseTo(8 / 5, 12); // fewer steps than the warm-up has
});
