import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { relax, relaxTopk } from "../../../src/methods/discrete/curriculum.js";
import { sequenceNelbos } from "../../../src/methods/discrete/likelihood.js";
import { discreteNetwork, type NetworkInput } from "../../../src/methods/discrete/network.js";
import { maskedNelbo, uniformNelbo } from "../../../src/methods/discrete/objective.js";
import { drawCategorical } from "../../../src/methods/discrete/prediction.js";
import { corrupt, maskedProcess, type Process, uniformProcess } from "../../../src/methods/discrete/process.js";
import { discreteShape } from "../../../src/methods/discrete/shape.js";
import { transform } from "../../../src/methods/discrete/transform.js";
import { Random } from "../../../src/random/index.js";
import { concat, constant, type Tensor } from "../../../src/tensor/index.js";
import { digits, entropy, exactDenoiser, gaussLegendre, simplexOf } from "./enumerate.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../goldens/psi/${name}.json`, import.meta.url), "utf8"));
const random = new Random(9);

/**
 * ∫ over alpha of the expected loss of a whole sequence from `data`, in nats; predictions x [L] of the noisy sequence.
 */
function bound(
  process: Process,
  L: number,
  data: Float64Array,
  predict: (state: number, alpha: number) => Float64Array[],
  nodes: number,
): number {
  const { tokens: K, states: n } = process;
  return gaussLegendre((alpha) => {
    let sum = 0;
    data.forEach((mass, i) => {
      const clean = digits(i, K, L);
      for (let state = 0; state < n ** L; state++) {
        const noisy = digits(state, n, L);
        const x = predict(state, alpha);
        const weight = clean.reduce((w, c, l) => {
          const prior = process.kind === "uniform" ? 1 / K : noisy[l] === K ? 1 : 0;
          return w * ((noisy[l] === c ? alpha : 0) + (1 - alpha) * prior);
        }, mass);
        if (weight === 0) continue;
        for (let l = 0; l < L; l++) {
          const at = { clean: clean[l], noisy: noisy[l], x: x[l], alpha, dAlpha: -1 };
          sum += weight * (process.kind === "uniform" ? uniformNelbo(at) : maskedNelbo(process, at));
        }
      }
    });
    return sum;
  }, nodes);
}

test("the optimal denoiser's bound is the data's entropy, any other's is more (O10)", () => {
  for (const c of golden("nelbo_total").cases) {
    const data = Float64Array.from(c.p as number[]);
    const [K, L] = [c.K, c.L];
    expect(entropy(data)).toBeCloseTo(c.entropy, 12);
    const uniform = uniformProcess(K);
    const masked = maskedProcess(K);
    const optimum = bound(uniform, L, data, exactDenoiser(uniform, L, data), 200);
    expect(Math.abs(optimum - c.entropy)).toBeLessThan(1e-4);
    expect(Math.abs(bound(masked, L, data, exactDenoiser(masked, L, data), 8) - c.entropy)).toBeLessThan(1e-12);
    for (let n = 0; n < 3; n++) {
      // Half of the exact prediction and half of something else, at each state anew
      const other = (process: Process) => {
        const wrong = new Map<number, Float64Array>();
        return exactDenoiser(process, L, data, (x, state, l) => {
          const key = state * L + l;
          if (!wrong.has(key)) wrong.set(key, simplexOf(K, random));
          return x.map((p, j) => 0.5 * p + 0.5 * (wrong.get(key)![j] ?? 0));
        });
      };
      expect(bound(uniform, L, data, other(uniform), 30)).toBeGreaterThan(c.entropy + 1e-3);
      expect(bound(masked, L, data, other(masked), 8)).toBeGreaterThan(c.entropy + 1e-3);
      const fixed = Array.from({ length: L }, () => simplexOf(K, random));
      expect(bound(uniform, L, data, () => fixed, 30)).toBeGreaterThan(c.entropy + 1e-3);
      const blind = fixed.map((x) => Float64Array.of(...x, 0));
      expect(bound(masked, L, data, () => blind, 8)).toBeGreaterThan(c.entropy + 1e-3);
    }
  }
});

test("p(x | z_t) in place of p(x | the others) is not the optimum", () => {
  const process = uniformProcess(3);
  const p = Float64Array.of(0.7, 0.2, 0.1);
  const seen = (z: number, alpha: number) => {
    const joint = p.map((mass, x) => mass * ((x === z ? alpha : 0) + (1 - alpha) / 3));
    const total = joint.reduce((a, b) => a + b, 0);
    return [joint.map((v) => v / total)];
  };
  expect(bound(process, 1, p, seen, 60)).toBeGreaterThan(entropy(p) + 0.02);
});

test("arg-max of the Gaussian latents and uniform noise give the same loss (O12)", () => {
  const [K, count, gamma, clean] = [8, 100_000, -1.2, 5];
  const { alpha } = transform(K, gamma);
  const x = simplexOf(K, random);
  const loss = Float64Array.from({ length: K }, (_, noisy) => uniformNelbo({ clean, noisy, x, alpha, dAlpha: -1 }));
  const expected = loss.reduce((sum, f, z) => sum + f * ((z === clean ? alpha : 0) + (1 - alpha) / K), 0);
  const tokens = new Int32Array(count).fill(clean);
  const estimate = (noisy: Int32Array) => {
    let [sum, squares] = [0, 0];
    for (const z of noisy) {
      sum += loss[z];
      squares += loss[z] ** 2;
    }
    const mean = sum / noisy.length;
    return { mean, error: Math.sqrt((squares / noisy.length - mean ** 2) / noisy.length) };
  };
  const direct = estimate(corrupt(uniformProcess(K), tokens, [alpha], new Random(1)));
  const few = { vocabulary: K, k: 3, tau: 1e-3 };
  for (const latent of [
    estimate(relax(tokens, K, [gamma], 1e-3, new Random(2)).noisy),
    estimate(relaxTopk(tokens, [gamma], few, new Random(3)).noisy),
  ]) {
    expect(Math.abs(latent.mean - direct.mean)).toBeLessThan(4 * Math.hypot(latent.error, direct.error));
    expect(Math.abs(latent.mean - expected)).toBeLessThan(4 * latent.error);
  }
  // The papers' code takes the clean token too often, which shows
  const released = estimate(relaxTopk(tokens, [gamma], { ...few, rule: "inTopk" }, new Random(4)).noisy);
  expect(Math.abs(released.mean - expected)).toBeGreaterThan(8 * released.error);
});

test("an untrained network costs log K nats a token, by quadrature and by its own estimate (O24)", async () => {
  const K = 27;
  const flat = new Float64Array(K).fill(1 / K);
  const uniform = (alpha: number) => {
    const f = (noisy: number) => uniformNelbo({ clean: 0, noisy, x: flat, alpha, dAlpha: -1 });
    return (alpha + (1 - alpha) / K) * f(0) + ((1 - alpha) * (K - 1) * f(1)) / K;
  };
  // With alpha = 1 - u³ the logarithm at alpha = 1 is smooth
  const total = (from: number, to: number) =>
    gaussLegendre((u) => 3 * u * u * uniform(1 - u ** 3), 300, Math.cbrt(1 - to), Math.cbrt(1 - from));
  expect(Math.abs(total(0, 1) - Math.log(K))).toBeLessThan(1e-5);

  const samples = { count: 128, labels: null, at: (i: number) => new Int32Array(32).fill(i % K) };
  for (const process of ["uniform", "masked"] as const) {
    const shape = discreteShape.parse({
      process,
      vocabulary: K,
      length: 32,
      network: { width: 8, heads: 1, blocks: 1, condition: 8 },
    });
    const net = discreteNetwork(shape);
    net.parameters.initialize(3);
    const nats = await sequenceNelbos(net, shape, samples, { draws: 12, seed: 1 });
    const mean = nats.reduce((a, b) => a + b, 0) / nats.length;
    const deviation = Math.sqrt(nats.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (nats.length - 1));
    // Times are drawn from [0.001, 1], and alpha = 1 - 0.999·t
    const expected = process === "uniform" ? total(0.001, 1 - 0.999e-3) / 0.999 : 0.999 * Math.log(K);
    expect(Math.abs(mean - expected)).toBeLessThan((4 * deviation) / Math.sqrt(nats.length));
    expect(deviation / Math.sqrt(nats.length)).toBeLessThan(0.05 * Math.log(K));
  }
});

/**
 * Laws of neighbouring tokens, their joint and its exact prediction of a token from its noisy neighbour, as a network.
 */
function pairModel(process: "uniform" | "masked") {
  const joint = [
    [0.3, 0.02, 0.05],
    [0.03, 0.25, 0.02],
    [0.01, 0.02, 0.3],
  ];
  const K = joint.length;
  const first = joint.map((row) => row.reduce((a, b) => a + b));
  const second = joint[0].map((_, b) => joint.reduce((sum, row) => sum + row[b], 0));
  const transposed = joint[0].map((_, b) => joint.map((row) => row[b]));
  const none = new Array(K).fill(0);
  // Rows of [2, states, K]: what a neighbour says of the first and of the second of a pair
  const said = constant(Float32Array.from([...transposed, none, ...joint, none].flat()), [2 * (K + 1), K]);
  const free = constant(Float32Array.from([...first, ...second]), [2, K]);
  const network = (input: NetworkInput, sigma: Tensor) => {
    const noisy = input as Tensor;
    const [B, L] = noisy.shape;
    const pairs = noisy.reshape([B, L / 2, 2]);
    const [a, b] = pairs.split(2, 2);
    const rows = concat([b, a.add(constant(Int32Array.of(K + 1), [1], "int32"))], 2); // each looks at the other
    const keep = process === "uniform" ? sigma.neg().exp().reshape([B, 1, 1, 1]) : null;
    const seen = said.gather(rows);
    const prior = free.reshape([1, 1, 2, K]);
    const hidden = pairs.flip(2).equal(K).cast("float32").unsqueeze(-1);
    const x = keep ? seen.mul(keep).add(prior.mul(keep.neg().add(1).div(K))) : seen.add(prior.mul(hidden));
    return x.add(1e-30).log().reshape([B, L, K]);
  };
  const draw = (L: number, random: Random) =>
    Int32Array.from({ length: L / 2 }, () => drawCategorical(Float64Array.from(joint.flat()), random)).reduce(
      (out, pair, i) => {
        out.set([Math.floor(pair / K), pair % K], 2 * i);
        return out;
      },
      new Int32Array(L),
    );
  /** −log p of a sequence in nats per token, exactly. */
  const nats = (tokens: Int32Array) => {
    let sum = 0;
    for (let i = 0; i < tokens.length; i += 2) sum -= Math.log(joint[tokens[i]][tokens[i + 1]]);
    return sum / tokens.length;
  };
  return { K, network, draw, nats };
}

/** `pairModel` as `sequenceNelbos` takes it, with `count` sequences that it draws, and their exact −log p. */
function exactCase(process: "uniform" | "masked", count: number, length: number) {
  const { K, network, draw, nats } = pairModel(process);
  const small = { width: 4, heads: 1, blocks: 1, condition: 4 };
  const shape = discreteShape.parse({ process, vocabulary: K, length, network: small });
  const data = Array.from({ length: count }, (_, i) => draw(length, new Random(i, "pairs")));
  const sequences = { count, labels: null, at: (i: number) => data[i] };
  const estimate = (draws: number, seed: number) =>
    sequenceNelbos(network, shape, sequences, { draws, seed }, { threads: 1 });
  return { estimate, exact: data.map(nats) };
}
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test("an exact denoiser's bound is −log p whatever the number of sequences", async () => {
  // What is left out, ∫ over t < 0.001: about t·log(K/t)·(K − 1)/K nats for uniform noise, which keeps more of them
  const [K, last] = [3, 1e-3];
  const missing = { uniform: (last * (1 + Math.log(K / last)) * (K - 1)) / K, masked: 0 };
  for (const process of ["uniform", "masked"] as const)
    for (const count of [1, 8, 32, 64, 96]) {
      const { estimate, exact } = exactCase(process, count, 256);
      const bound = meanOf(await estimate(Math.ceil((process === "uniform" ? 8192 : 4096) / count), 1));
      const off = (bound + missing[process]) / meanOf(exact) - 1;
      expect(Math.abs(off), `${process}, ${count} sequences`).toBeLessThan(0.01);
    }
});

test("with one level each, every sequence still meets all levels", async () => {
  const { estimate, exact } = exactCase("masked", 96, 64);
  const sums = new Float64Array(96);
  for (let seed = 0; seed < 24; seed++) (await estimate(1, seed)).forEach((value, i) => void (sums[i] += value / 24));
  for (const [from, to] of [
    [0, 24],
    [72, 96],
  ])
    expect(Math.abs(meanOf(sums.subarray(from, to)) / meanOf(exact.slice(from, to)) - 1)).toBeLessThan(0.06);
});

test("bad likelihood options are named", async () => {
  const shape = discreteShape.parse({
    process: "masked",
    vocabulary: 3,
    length: 2,
    network: { width: 4, heads: 1, blocks: 1, condition: 4 },
  });
  const net = discreteNetwork(shape);
  const samples = { count: 1, labels: null, at: () => Int32Array.of(0, 1) };
  await expect(sequenceNelbos(net, shape, samples, { draws: 0 })).rejects.toThrow(
    "draws must be a positive whole number, got 0",
  );
  await expect(sequenceNelbos(net, shape, { ...samples, count: 0 })).rejects.toThrow("no sequence to measure");
});
