import { describe, expect, test } from "vitest";
import type { TokenData } from "../../../src/data/tokens/sequences.js";
import { distillationStage, pairs } from "../../../src/methods/discrete/distillation-stage.js";
import { discreteNetwork, inputShapes, type NetworkInput, processOf } from "../../../src/methods/discrete/network.js";
import { maskedNelbo, uniformNelbo } from "../../../src/methods/discrete/objective.js";
import { type DiscreteSettings, presets } from "../../../src/methods/discrete/settings.js";
import { type DiscreteShape, discreteShape } from "../../../src/methods/discrete/shape.js";
import { batches, discreteStage, noising } from "../../../src/methods/discrete/stages.js";
import { exactCurve, windowOf } from "../../../src/methods/discrete/transform.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile, type Parameters } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";

const [K, L, BATCH, CLASSES] = [5, 6, 8, 2];
/** 25 sequences that say which they are in their first two tokens; their classes are the first token's parity. */
const sequences = {
  count: 25,
  at: (i: number) => Int32Array.of(Math.floor(i / K), i % K, 0, 1, 2, 3),
  labels: Array.from({ length: 25 }, (_, i) => Math.floor(i / K) % 2),
};
const data: TokenData = { id: "numbered", vocabulary: K, length: L, train: sequences, test: sequences };
const base: DiscreteSettings = {
  ...presets.tiny,
  length: L,
  curriculum: { ...presets.tiny.curriculum, share: 0.5, tau: 0.2 },
  training: { ...presets.tiny.training, batch: BATCH, steps: 4, lr: 1e-2, labelDropout: 0.3 },
};

/** A stage's context, with a network none of whose layers is at zero. */
function contextOf(config: DiscreteSettings) {
  const { process, schedule } = config;
  const network = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 8 };
  const shape = discreteShape.parse({ process, schedule, vocabulary: K, length: L, classes: CLASSES, network });
  return { data, config, shape, net: randomNetwork(shape), threads: 1 };
}
function randomNetwork(shape: DiscreteShape) {
  const net = discreteNetwork(shape);
  const random = new Random(2, "weights");
  const { flat } = nn.view(net);
  flat.forEach((_, i) => void (flat[i] = 0.5 * random.normal()));
  return net;
}

/** Softmax in float64 of each row of K. */
const probabilities = (logits: Float32Array): Float64Array[] =>
  Array.from({ length: logits.length / K }, (_, row) => {
    const e = Float64Array.from(logits.subarray(row * K, (row + 1) * K), Math.exp);
    const total = e.reduce((a, b) => a + b);
    return e.map((v) => v / total);
  });
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const near = (value: number, wanted: number, what: string) =>
  expect(Math.abs(value - wanted), `${what}: ${value}, ${wanted}`).toBeLessThan(1e-4 * Math.max(1, wanted));

type Drawn = { clean: Int32Array; labels: Int32Array; noisy: Int32Array; sigma: Float32Array } & Partial<{
  scaled: Float32Array;
  indices: Int32Array;
  weights: Float32Array;
}> &
  Record<"rest" | "dAlpha", Float32Array>;

/** The mean loss of a batch in float64, from what the network says of what it is given. */
async function expected({ net, shape }: ReturnType<typeof contextOf>, drawn: Drawn): Promise<number> {
  const { tokens, sigma, labels } = inputShapes(shape, BATCH);
  const { scaled, indices, weights } = drawn;
  const k = (indices?.length ?? 0) / (BATCH * L);
  const program = compile(
    {
      ...{ noisy: tokens, sigma, labels, scaled: scaled !== undefined && [BATCH, L, K] },
      indices: indices !== undefined && { shape: [BATCH, L, k], dtype: "int32" as const },
      weights: weights !== undefined && [BATCH, L, k],
    },
    ({ noisy, sigma, labels, scaled, indices, weights }): { logits: Tensor } => {
      const input: NetworkInput = scaled ? { scaled } : indices ? { indices, weights } : noisy;
      return { logits: net(input, sigma, labels) };
    },
    { threads: 1 },
  );
  const fed = Object.entries(drawn).filter(([name]) => name in program.inputs);
  const { logits } = await program.run(Object.fromEntries(fed) as never);
  await program.release();
  const process = processOf(shape);
  const loss = process.kind === "uniform" ? uniformNelbo : maskedNelbo.bind(null, process);
  return mean(
    probabilities(logits).map((x, i) => {
      const b = Math.floor(i / L);
      const [alpha, dAlpha] = [1 - drawn.rest[b], drawn.dAlpha[b]];
      return loss({ clean: drawn.clean[i], noisy: drawn.noisy[i], x, alpha, dAlpha });
    }),
  );
}

describe("training minimises the specification's loss of what is drawn, the curriculum's first", () => {
  const variants: [string, Partial<DiscreteSettings>, ("relaxed" | "discrete")[]][] = [
    ["k largest", {}, ["relaxed", "relaxed", "discrete", "discrete"]],
    [
      "softmax",
      { curriculum: { ...base.curriculum, kind: "softmax" } },
      ["relaxed", "relaxed", "discrete", "discrete"],
    ],
    ["no curriculum", { curriculum: { ...base.curriculum, kind: "none" } }, ["discrete", "discrete"]],
    ["cosine", { schedule: "cosine", curriculum: { ...base.curriculum, share: 0.25 } }, ["relaxed", "discrete"]],
    ["masked noise", { process: "masked" }, ["discrete", "discrete"]],
  ];
  test.each(variants)("%s", async (_, change, kinds) => {
    const context = contextOf({ ...base, ...change });
    const stage = discreteStage(context);
    const random = new Random(base.seed, "discrete");
    const { next } = batches(context, random);
    const noise = noising(context, random);
    for (const [step, kind] of kinds.entries()) {
      const { clean, labels } = next();
      const wanted = await expected(context, { clean, labels, ...noise[kind](clean) });
      const { loss } = await stage.step(step); // and moves the weights that the next step is computed from
      near(loss, wanted, `loss of step ${step}`);
    }
    await stage.finish!();
  });
});

/** Within 4.5 deviations of a binomial share. */
const expectShare = (hits: readonly boolean[], p: number, what = "") =>
  expect(Math.abs(mean(hits.map(Number)) - p), what).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / hits.length) + 1e-12);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

test("batches hold whole sequences, each as often, with their own classes, hidden with the probability that is asked for", () => {
  for (const p of [0, 0.3, 1]) {
    const { next } = batches(contextOf({ ...base, training: { ...base.training, labelDropout: p } }), new Random(1));
    const rows = times(250, next).flatMap(({ clean, labels }) =>
      Array.from(labels, (label, b) => ({ tokens: clean.subarray(b * L, (b + 1) * L), label })),
    );
    const index = rows.map(({ tokens }) => K * tokens[0] + tokens[1]);
    expect(rows.every(({ tokens }, n) => String(tokens) === String(sequences.at(index[n])))).toBe(true);
    for (let at = 0; at + 25 <= index.length; at += 25) expect(new Set(index.slice(at, at + 25)).size).toBe(25);
    expect(rows.every(({ label }, n) => label === CLASSES || label === sequences.labels[index[n]])).toBe(true);
    expectShare(
      rows.map(({ label }) => label === CLASSES),
      p,
    );
  }
});

/** Tokens kept at their noise level: as often as its alpha says, in each fifth of the levels. */
function expectKept(levels: number[], kept: boolean[][], chance: (alpha: number) => number): void {
  for (let part = 0; part < 5; part++) {
    const inside = levels.flatMap((alpha, n) => (Math.min(4, Math.floor(5 * alpha)) === part ? [n] : []));
    const [hits, p] = [inside.flatMap((n) => kept[n]), mean(inside.map((n) => chance(levels[n])))];
    expect(hits.length).toBeGreaterThan(500);
    expectShare(hits, p, `alpha from ${part / 5}`);
  }
}
const matches = (a: Int32Array, b: Int32Array) =>
  times(BATCH, () => 0).map((_, row) => Array.from(a.subarray(row * L, (row + 1) * L), (t, l) => t === b[row * L + l]));
const bySchedule = {
  "log-linear": { alpha: (t: number) => 1 - 0.999 * t, slope: () => -0.999 },
  cosine: {
    alpha: (t: number) => 1 - Math.cos((Math.PI / 2) * (1 - 0.999 * t)),
    slope: (t: number) => -0.999 * (Math.PI / 2) * Math.sin((Math.PI / 2) * (1 - 0.999 * t)),
  },
};
/** The t in [0, 1] at which a falling function has this value. */
function inverse(of: (t: number) => number, value: number): number {
  let [from, to] = [0, 1];
  for (let i = 0; i < 25; i++)
    [from, to] = of((from + to) / 2) > value ? [(from + to) / 2, to] : [from, (from + to) / 2];
  return (from + to) / 2;
}
/** Times of a batch: one in each of BATCH equal parts of [smallest, 1]. */
function expectSpread(values: number[], smallest: number): void {
  const sorted = values.map((t) => (BATCH * (t - smallest)) / (1 - smallest)).sort((a, b) => a - b);
  sorted.forEach((t, b) => void expect(Math.abs(t - b - 0.5), `${sorted}`).toBeLessThan(0.5 + 1e-3));
}

test.each(["uniform", "masked"] as const)(
  "%s noise follows the schedule, at levels that are spread over it",
  (process) => {
    for (const schedule of ["log-linear", "cosine"] as const) {
      const noise = noising(contextOf({ ...base, process, schedule }), new Random(3));
      const { alpha, slope } = bySchedule[schedule];
      const clean = Int32Array.from({ length: BATCH * L }, (_, i) => i % K);
      const levels: number[] = [];
      const kept: boolean[][] = [];
      for (let n = 0; n < 250; n++) {
        const drawn = noise.discrete(clean);
        const t = Array.from(drawn.rest, (rest) => inverse(alpha, 1 - rest));
        expectSpread(t, 1e-3);
        t.forEach((t, b) => {
          expect(drawn.alpha[b]).toBeCloseTo(alpha(t), 5);
          expect(drawn.dAlpha[b]).toBeCloseTo(slope(t), 3);
          expect(drawn.sigma[b]).toBeCloseTo(-Math.log(drawn.alpha[b]), 4);
        });
        levels.push(...t.map(alpha));
        kept.push(...matches(drawn.noisy, clean));
      }
      expectKept(levels, kept, process === "uniform" ? (a) => a + (1 - a) / K : (a) => a);
    }
  },
);

const { low, high } = base.curriculum;
const exact = exactCurve(K, windowOf(K, { low, high }));

test.each(["topk", "softmax"] as const)("the curriculum (%s) follows T along its window", (kind) => {
  const noise = noising(contextOf({ ...base, curriculum: { ...base.curriculum, kind } }), new Random(4));
  const clean = Int32Array.from({ length: BATCH * L }, (_, i) => i % K);
  const levels: number[] = [];
  const kept: boolean[][] = [];
  for (let n = 0; n < 250; n++) {
    const drawn = noise.relaxed(clean);
    if (n < 3) {
      const t = Array.from(drawn.rest, (rest) => inverse(exact.alpha, 1 - rest));
      expectSpread(t, 0);
      t.forEach((t, b) => {
        expect(Math.abs(drawn.dAlpha[b] - exact.dAlpha(t))).toBeLessThan(0.02);
        expect(drawn.sigma[b]).toBeCloseTo(-Math.log(1 - drawn.rest[b]), 3);
      });
    }
    levels.push(...Array.from(drawn.rest, (rest) => 1 - rest));
    kept.push(...matches(drawn.noisy, clean));
  }
  expectKept(levels, kept, (a) => a + (1 - a) / K);
});

describe("distillation", () => {
  const settings = {
    ...base,
    distillation: { rounds: 2, steps: 2, delta: 1 / 8, lr: 1e-2 },
  };

  test("pairs lie on one trajectory, the student's point a time step later than the teacher's", () => {
    const draw = pairs(contextOf(settings), new Random(5));
    const clean = Int32Array.from({ length: BATCH * L }, (_, i) => i % K);
    for (const delta of [1 / 8, 1 / 2]) {
      const [later, earlier] = [0, 1].map(() => ({ levels: [] as number[], kept: [] as boolean[][] }));
      const lags: number[] = [];
      for (let n = 0; n < 300; n++) {
        const { noisy, sigma, cleaner, cleanerSigma } = draw(clean, delta);
        for (const [side, tokens, at] of [
          [later, noisy, sigma],
          [earlier, cleaner, cleanerSigma],
        ] as const) {
          side.levels.push(...Array.from(at, (s) => Math.exp(-s)));
          side.kept.push(...matches(tokens, clean));
        }
        // What the later point still has the earlier one has too, or it is clean again
        expect(noisy.every((z, i) => cleaner[i] === z || cleaner[i] === clean[i])).toBe(true);
        if (n < 2)
          lags.push(
            ...Array.from(
              sigma,
              (s, b) => inverse(exact.alpha, Math.exp(-s)) - inverse(exact.alpha, Math.exp(-cleanerSigma[b])),
            ),
          );
      }
      for (const lag of lags) expect(Math.abs(lag - delta)).toBeLessThan(0.005);
      for (const { levels, kept } of [later, earlier])
        expectShare(kept.flat(), mean(levels.map((a) => a + (1 - a) / K)));
    }
  });

  test("the loss is KL(student at the later point ‖ teacher at the earlier one); rounds begin with the student as teacher", async () => {
    const context = contextOf(settings);
    const { net, shape } = context;
    const stage = distillationStage(context);
    const parameters = nn.view(net);
    const teacher = stage.state.teacher as Parameters;
    const random = new Random(settings.seed, "distillation");
    const { next } = batches(context, random);
    const draw = pairs(context, random);
    const { tokens, sigma, labels: classes } = inputShapes(shape, BATCH);
    const program = compile(
      { tokens, sigma, labels: classes },
      ({ tokens, sigma, labels }) => ({ logits: net(tokens, sigma, labels) }),
      {
        threads: 1,
      },
    );
    /** The network's predictions with other weights than its own. */
    const withWeights = async (
      flat: Float32Array,
      inputs: { tokens: Int32Array; sigma: Float32Array; labels: Int32Array },
    ) => {
      const own = parameters.flat.slice();
      parameters.flat.set(flat);
      const { logits } = await program.run(inputs);
      parameters.flat.set(own);
      return probabilities(logits);
    };
    let master = parameters.flat.slice();
    for (const [step, delta] of [1 / 8, 1 / 8, 1 / 4, 1 / 4].entries()) {
      if (step % 2 === 0) master = parameters.flat.slice();
      const before = parameters.flat.slice();
      const { clean, labels } = next();
      const { noisy, sigma, cleaner, cleanerSigma } = draw(clean, delta);
      const student = await withWeights(before, { tokens: noisy, sigma, labels });
      const teaching = await withWeights(master, { tokens: cleaner, sigma: cleanerSigma, labels });
      const { loss } = await stage.step(step);
      const kl = student.map((p, i) => p.reduce((sum, v, j) => sum + v * Math.log(v / teaching[i][j]), 0));
      near(loss, mean(kl), `loss of step ${step}`);
      expect(teacher.flat).toEqual(master);
      expect(parameters.flat).not.toEqual(before);
    }
    await program.release();
    await stage.finish!();
  });
});
