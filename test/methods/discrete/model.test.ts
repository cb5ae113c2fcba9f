import { expect, test } from "vitest";
import { characterTokenizer } from "../../../src/data/tokens/tokenizer.js";
import type { StepDetail } from "../../../src/methods/discrete/model.js";
import { discreteNetwork } from "../../../src/methods/discrete/network.js";
import { maskedNelbo, uniformNelbo } from "../../../src/methods/discrete/objective.js";
import type { TextSampleOptions } from "../../../src/methods/discrete/options.js";
import { nucleusFilter } from "../../../src/methods/discrete/prediction.js";
import { priorAt } from "../../../src/methods/discrete/process.js";
import { discreteShape } from "../../../src/methods/discrete/shape.js";
import { TextModel } from "../../../src/methods/discrete/text-model.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { digits, type ExactDenoiser, gaussLegendre, guidedPsi, outputLaw, totalVariation } from "./enumerate.js";

const [K, L, CLASSES] = [3, 2, 2];
/** Of the weights, by parts of their names: sequences, levels and classes all matter. */
const DEVIATIONS: [string, number][] = [
  ["embedding", 1],
  ["time", 0.1],
  ["label", 2],
  ["head", 0.25],
];

/** A loaded model with random weights, whose samples depend on the class. */
function loaded(process: "uniform" | "masked", schedule: "log-linear" | "cosine" = "log-linear") {
  const network = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 8 };
  const shape = discreteShape.parse({ process, schedule, vocabulary: K, length: L, classes: CLASSES, network });
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, 0);
  const random = new Random(0, "weights");
  for (const { name, offset, size } of parameters.entries) {
    const deviation = DEVIATIONS.find(([part]) => name.includes(part))?.[1] ?? 0.5;
    for (let i = offset; i < offset + size; i++) parameters.flat[i] = deviation * random.normal();
  }
  const config = { network: shape, classNames: ["one", "two"], name: "random" } as never;
  nn.load(net, parameters.toRecord());
  return new TextModel(config, shape, net, characterTokenizer("abc"), { threads: 1 });
}

/** Draws, and tells on the way of each step of the first batch. */
async function drawn(model: TextModel, options: TextSampleOptions) {
  const tokens: number[] = [];
  const details: StepDetail[] = [];
  for await (const { step, steps, first, detail } of model.stream(options)) {
    const told = detail as StepDetail;
    if (first === 0) details.push(told);
    if (step === steps) tokens.push(...told.tokens);
  }
  return { tokens: tokens.slice(0, (options.count ?? 1) * L), details };
}

/** The network's predictions for every sequence of states at these noise levels, as an exact denoiser. */
async function denoiserOf(model: TextModel, label: number, alphas: readonly number[], nucleus = 1) {
  const { states } = model.process;
  const count = states ** L;
  const tokens = Int32Array.from({ length: count * L }, (_, i) => digits(Math.floor(i / L), states, L)[i % L]);
  const denoise = model.denoiser(count, new Int32Array(count).fill(label));
  const known = new Map<number, Float64Array[][]>();
  for (const alpha of alphas) {
    const logits = (await denoise(tokens, new Float32Array(count).fill(-Math.log(alpha)))) as Float32Array;
    const row = (i: number) => {
      const e = Float64Array.from({ length: states }, (_, j) => (j < K ? Math.exp(logits[i * K + j]) : 0));
      const total = e.reduce((a, b) => a + b);
      const x = e.map((v) => v / total);
      nucleusFilter(x, nucleus);
      return x;
    };
    known.set(
      alpha,
      Array.from({ length: count }, (_, state) => Array.from({ length: L }, (_, l) => row(state * L + l))),
    );
  }
  return ((state, alpha) => known.get(alpha)![state]) satisfies ExactDenoiser;
}

const schedules = {
  "log-linear": (t: number) => 1 - 0.999 * t,
  cosine: (t: number) => 1 - Math.cos((Math.PI / 2) * (1 - 0.999 * t)),
};
const evenly = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

type Rule = (alphaT: number, alphaS: number) => number;
/** κ of re-noising a share σ. */
const remasking =
  (sigma: Rule): Rule =>
  (t, s) =>
    Math.min(1, Math.max(0, 1 - sigma(t, s) / (1 - s)));
const rules = {
  ancestral: () => 1,
  constant: () => 0.4,
  cap: remasking((t, s) => Math.min(0.3, (1 - s) / t)),
  rescale: remasking((t, s) => 0.6 * Math.min(1, (1 - s) / t)),
} satisfies Record<string, Rule>;
const settings = { ancestral: {}, constant: { kappa: 0.4 }, cap: { eta: 0.3 }, rescale: { eta: 0.6 } };

interface Case extends TextSampleOptions {
  sampler: keyof typeof rules;
  label: number;
}

/** What the specification says of these options: κ of each step, and the law of the sequences. */
async function specified(
  model: TextModel,
  { sampler, window, label, guidance = 1, nucleus, final }: Case,
  steps: number,
) {
  const times = evenly(1, 1e-5, steps + 1);
  const alphas = times.map(schedules[model.shape.schedule]);
  const active = (t: number) => !window || (t > window.off && t <= window.on);
  const kappas = times.slice(0, -1).map((t, i) => (active(t) ? rules[sampler](alphas[i], alphas[i + 1]) : 1));
  const [given, free] = await Promise.all([label, CLASSES].map((c) => denoiserOf(model, c, alphas, nucleus)));
  const kernel = guidance === 1 ? undefined : guidedPsi(model.process, given, free, guidance);
  return { kappas, law: outputLaw(model.process, L, given, alphas, kappas, final !== "none", kernel) };
}

const window = { on: 0.8, off: 0.3 };
const cases: Omit<Case, "label">[] = [
  { sampler: "ancestral" },
  { sampler: "ancestral", guidance: 3 },
  { sampler: "constant", guidance: 2, window },
  { sampler: "constant", nucleus: 0.8, final: "none" },
  { sampler: "cap" },
  { sampler: "cap", window, guidance: 0.5 },
  { sampler: "rescale" },
  { sampler: "rescale", window },
];

for (const process of ["uniform", "masked"] as const)
  for (const schedule of ["log-linear", "cosine"] as const)
    test(`a loaded model draws from the law of its options (${process}, ${schedule})`, async () => {
      const model = loaded(process, schedule);
      const { states } = model.process;
      const [count, steps] = [2048, 5];
      // The class makes a difference that the shares can show
      const plain = (label: number) => specified(model, { sampler: "ancestral", label }, steps);
      const laws = (await Promise.all([0, 1, CLASSES].map(plain))).map(({ law }) => law);
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ])
        expect(totalVariation(laws[a], laws[b])).toBeGreaterThan(0.2);
      for (const [n, options] of cases.entries()) {
        const { sampler } = options;
        const label = n % 2;
        const { kappas, law } = await specified(model, { ...options, label }, steps);
        const asked = { ...options, ...settings[sampler], label, count, steps, seed: n };
        const { tokens, details } = await drawn(model, asked);
        const what = JSON.stringify(options);
        kappas.forEach((kappa, i) => void expect(details[i].kappa, what).toBeCloseTo(kappa, 9));
        const shares = new Float64Array(states ** L);
        for (let i = 0; i < count; i++) shares[tokens[i * L] * states + tokens[i * L + 1]] += 1 / count;
        law.forEach((p, state) => {
          const slack = 4.5 * Math.sqrt((p * (1 - p)) / count) + 1 / count;
          expect(Math.abs(shares[state] - p), `${what}, state ${state}`).toBeLessThan(slack);
        });
      }
      await model.release();
    });

test("the window reaches every sampler that re-noises", async () => {
  const model = loaded("uniform");
  for (const sampler of ["constant", "cap", "rescale"] as const) {
    const options = { sampler, steps: 10, window: { on: 0.85, off: 0.35 } };
    const { details } = await drawn(model, options);
    const active = details.flatMap(({ kappa }, i) => (kappa < 1 ? [i + 1] : []));
    // Step n goes from t = 1 − (n − 1)/10
    expect(active, sampler).toEqual([3, 4, 5, 6, 7]);
  }
  await model.release();
});

test("each sequence is drawn with its own class and given tokens, and is told so on the way", async () => {
  const model = loaded("uniform");
  const [count, steps] = [2100, 4]; // no multiple of a batch
  const label = Array.from({ length: count }, (_, i) => (i % 3 === 0 ? "one" : "two"));
  const tokens = (await model.sample({ count, steps, label, seed: 3 })).tokens!;
  for (const [name, index] of [
    ["one", 0],
    ["two", 1],
  ] as const) {
    const { law } = await specified(model, { sampler: "ancestral", label: index }, steps);
    const own = label.flatMap((l, i) => (l === name ? [i] : []));
    law.forEach((p, state) => {
      const share = own.filter((i) => tokens[i * L] * K + tokens[i * L + 1] === state).length / own.length;
      expect(Math.abs(share - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / own.length) + 1e-3);
    });
  }
  const given = Int32Array.from({ length: count * L }, (_, i) => (i % L === 0 ? Math.floor(i / L) % K : -1));
  const filled = (await model.sample({ count, steps, label }, { given })).tokens!;
  expect(given.every((token, i) => token === -1 || filled[i] === token)).toBe(true);
  await model.release();
});

test.each(["uniform", "masked"] as const)(
  "the likelihood is that of each sequence's own class (%s)",
  async (process) => {
    const model = loaded(process);
    const n = model.process.states;
    const states = n ** L;
    const clean = Int32Array.of(0, 0);
    const loss = process === "uniform" ? uniformNelbo : maskedNelbo.bind(null, model.process);
    const draws = 60;
    // Two blocks of 64 sequences, the second of the other class
    const labels = Array.from({ length: 128 }, (_, i) => Math.floor(i / 64));
    const sequences = { count: 128, labels, at: () => clean };
    const runs = 8;
    const found = [0, 1].map(() => [] as number[]);
    const hidden: number[] = [];
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
    for (let seed = 0; seed < runs; seed++) {
      const nats = await model.nelbos(sequences, { draws, seed });
      for (const c of [0, 1]) found[c].push(mean(nats.subarray(64 * c, 64 * (c + 1))));
      hidden.push(mean(await model.nelbos({ ...sequences, count: 64, labels: null }, { draws, seed })));
    }
    // t from [0.001, 1], of a token's expected loss
    const nodes: number[] = [];
    gaussLegendre((t) => nodes.push(t), 24, 0.001, 1);
    const expected = await Promise.all(
      [0, 1, CLASSES].map(async (label) => {
        const alphas = nodes.map(schedules["log-linear"]);
        const exact = await denoiserOf(model, label, alphas);
        const at = (t: number) => {
          const alpha = schedules["log-linear"](t);
          let sum = 0;
          for (let state = 0; state < states; state++) {
            const noisy = digits(state, n, L);
            const p = clean.reduce(
              (q, x, l) => q * ((noisy[l] === x ? alpha : 0) + (1 - alpha) * priorAt(model.process, noisy[l])),
              1,
            );
            exact(state, alpha).forEach((x, l) => {
              sum += (p * loss({ clean: clean[l], noisy: noisy[l], x, alpha, dAlpha: -0.999 })) / L;
            });
          }
          return sum;
        };
        return gaussLegendre(at, 24, 0.001, 1) / 0.999;
      }),
    );
    for (const [c, estimates] of [...found, hidden].entries()) {
      const value = mean(estimates);
      const error = Math.sqrt(mean(estimates.map((v) => (v - value) ** 2)) / (runs - 1));
      expect(Math.abs(value - expected[c]), `class ${c}: ${value}, ${expected[c]}`).toBeLessThan(4.5 * error);
      // And tells it from the other classes
      for (const [other, wrong] of expected.entries())
        if (other !== c) expect(Math.abs(wrong - expected[c])).toBeGreaterThan(7 * error);
    }
    await model.release();
  },
);
