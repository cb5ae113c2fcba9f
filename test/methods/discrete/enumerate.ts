import { cleanPosterior, posterior, psiPosterior } from "../../../src/methods/discrete/posterior.js";
import { type Process, priorAt } from "../../../src/methods/discrete/process.js";

/** Digits of `state` in base n, first position slowest. */
export const digits = (state: number, n: number, length: number): number[] =>
  Array.from({ length }, (_, l) => Math.floor(state / n ** (length - 1 - l)) % n);

/** Law of a sequence under a Markov chain that starts uniformly. */
export function markov(K: number, L: number, transition: number[][]): Float64Array {
  return Float64Array.from({ length: K ** L }, (_, i) => {
    const d = digits(i, K, L);
    return d.slice(1).reduce((p, to, l) => p * transition[d[l]][to], 1 / K);
  });
}

/** A tensor of shape `dims` (flat, last axis fastest) whose `axis` is multiplied by matrix[from][to]. */
function alongAxis(flat: Float64Array, dims: number[], axis: number, matrix: Float64Array[]): Float64Array {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [from, to] = [dims[axis], matrix[0].length];
  const out = new Float64Array((flat.length / from) * to);
  for (let o = 0; o < flat.length / (from * inner); o++)
    for (let a = 0; a < from; a++)
      for (let b = 0; b < to; b++) {
        const w = matrix[a][b];
        for (let i = 0; i < inner; i++) out[(o * to + b) * inner + i] += w * flat[(o * from + a) * inner + i];
      }
  return out;
}

/** q(z | x) as [tokens][states]. */
const forward = (process: Process, alpha: number): Float64Array[] =>
  Array.from({ length: process.tokens }, (_, x) =>
    Float64Array.from({ length: process.states }, (_, z) => (z === x ? alpha : 0) + (1 - alpha) * priorAt(process, z)),
  );

/** Joint law of the noisy sequence at alpha, over states^L. */
export function noisyLaw(process: Process, L: number, data: Float64Array, alpha: number): Float64Array {
  const q = forward(process, alpha);
  const dims = new Array<number>(L).fill(process.tokens);
  let joint = data;
  for (let l = 0; l < L; l++) {
    joint = alongAxis(joint, dims, l, q);
    dims[l] = process.states;
  }
  return joint;
}

/** p(x^l | z^(not l)) for every noisy sequence at alpha, by enumeration: [states^L][L], each [states]. */
export function leaveOneOuts(process: Process, L: number, data: Float64Array, alpha: number): Float64Array[][] {
  const { tokens: K, states: n } = process;
  const q = forward(process, alpha);
  const all = Array.from({ length: n ** L }, () => new Array<Float64Array>(L));
  for (let l = 0; l < L; l++) {
    const dims = new Array<number>(L).fill(K);
    let joint = data;
    for (let m = 0; m < L; m++)
      if (m !== l) {
        joint = alongAxis(joint, dims, m, q);
        dims[m] = n;
      }
    const inner = n ** (L - 1 - l);
    for (let others = 0; others < n ** (L - 1); others++) {
      const [o, i] = [Math.floor(others / inner), others % inner];
      const x = new Float64Array(n);
      let total = 0;
      for (let c = 0; c < K; c++) total += x[c] = joint[(o * K + c) * inner + i];
      for (let c = 0; c < K; c++) x[c] = total > 0 ? x[c] / total : 1 / K;
      for (let z = 0; z < n; z++) all[(o * n + z) * inner + i][l] = x;
    }
  }
  return all;
}

/** Predictions [L], each [states], of the noisy sequence number `state`. */
export type ExactDenoiser = (state: number, alpha: number) => Float64Array[];

/** The optimal denoiser, enumerated anew at each alpha, changed by `error` where that is given. */
export function exactDenoiser(
  process: Process,
  L: number,
  data: Float64Array,
  error: (x: Float64Array, state: number, l: number) => Float64Array = (x) => x,
): ExactDenoiser {
  let at = Number.NaN;
  let all: Float64Array[][] = [];
  return (state, alpha) => {
    if (alpha !== at) {
      all = leaveOneOuts(process, L, data, alpha).map((xs, i) => xs.map((x, l) => error(x, i, l)));
      at = alpha;
    }
    return all[state];
  };
}

/** How one position moves, [states]: z its token, `predict` a denoiser's prediction for it. */
export type Kernel = (
  z: number,
  predict: (of: ExactDenoiser) => Float64Array,
  levels: readonly [alphaT: number, alphaS: number, kappa: number],
) => Float64Array;

/**
 * One step of a law over states^L: every position moves at once, by Ψ from alphaT to alphaS, or as `kernel` says.
 */
export function advance(
  process: Process,
  L: number,
  denoise: ExactDenoiser,
  law: Float64Array,
  [alphaT, alphaS, kappa]: readonly [alphaT: number, alphaS: number, kappa: number],
  kernel?: Kernel,
): Float64Array {
  const n = process.states;
  const out = new Float64Array(law.length);
  const joints = Array.from({ length: L + 1 }, (_, l) => new Float64Array(n ** l));
  // What a masked process does to a token that is there does not depend on the prediction
  const carried =
    process.kind === "masked" && !kernel
      ? Array.from({ length: process.tokens }, (_, z) =>
          psiPosterior(process, z, new Float64Array(n), alphaT, alphaS, kappa),
        )
      : [];
  for (let state = 0; state < law.length; state++) {
    if (law[state] === 0) continue;
    const x = kernel ? [] : denoise(state, alphaT);
    joints[0][0] = law[state];
    for (let l = 0; l < L; l++) {
      const z = Math.floor(state / n ** (L - 1 - l)) % n;
      const psi =
        kernel?.(z, (of) => of(state, alphaT)[l], [alphaT, alphaS, kappa]) ??
        carried[z] ??
        psiPosterior(process, z, x[l], alphaT, alphaS, kappa);
      const [from, to] = [joints[l], joints[l + 1]];
      for (let a = 0; a < from.length; a++) for (let j = 0; j < n; j++) to[a * n + j] = from[a] * psi[j];
    }
    const joint = joints[L];
    for (let j = 0; j < out.length; j++) out[j] += joint[j];
  }
  return out;
}

/**
 * Guided Ψ (w·conditional + (1 − w)·unconditional in log space): of both posteriors for uniform noise, of predictions
 * for masked noise.
 */
export function guidedPsi(
  process: Process,
  conditional: ExactDenoiser,
  unconditional: ExactDenoiser,
  w: number,
): Kernel {
  const combine = (a: Float64Array, b: Float64Array) => {
    const raw = a.map((p, j) => (p > 0 && b[j] > 0 ? p ** w * b[j] ** (1 - w) : 0));
    const total = raw.reduce((sum, v) => sum + v, 0);
    return raw.map((v) => v / total);
  };
  return (z, predict, [alphaT, alphaS, kappa]) => {
    const [a, b] = [predict(conditional), predict(unconditional)];
    if (process.kind === "masked") return psiPosterior(process, z, combine(a, b), alphaT, alphaS, kappa);
    const predictor = combine(posterior(process, z, a, alphaT, alphaS), posterior(process, z, b, alphaT, alphaS));
    const clean = combine(cleanPosterior(process, z, a, alphaT), cleanPosterior(process, z, b, alphaT));
    return predictor.map((p, j) => kappa * p + (1 - kappa) * (alphaS * clean[j] + (1 - alphaS) * priorAt(process, j)));
  };
}

/** Exact law of a Ψ-sampler's output over states^L sequences. */
export function outputLaw(
  process: Process,
  L: number,
  denoise: ExactDenoiser,
  alphas: number[],
  kappas: number[],
  final = true,
  kernel?: Kernel,
): Float64Array {
  const n = process.states;
  let law: Float64Array = Float64Array.from({ length: n ** L }, (_, i) =>
    digits(i, n, L).reduce((p, j) => p * priorAt(process, j), 1),
  );
  kappas.forEach((kappa, i) => {
    law = advance(process, L, denoise, law, [alphas[i], alphas[i + 1], kappa], kernel);
  });
  return final ? advance(process, L, denoise, law, [alphas[kappas.length], 1, 1], kernel) : law;
}

export const totalVariation = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]), 0) / 2;

export const entropy = (p: Float64Array): number => -p.reduce((sum, v) => sum + (v > 0 ? v * Math.log(v) : 0), 0);

/** ∫ of f over [from, to] by `nodes` Gauss–Legendre nodes (Newton's method on the polynomial's roots). */
export function gaussLegendre(f: (x: number) => number, nodes: number, from = 0, to = 1): number {
  let sum = 0;
  for (let i = 0; i < nodes; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (nodes + 0.5));
    let slope = 0;
    for (let round = 0; round < 100; round++) {
      let [before, now] = [1, x];
      for (let k = 2; k <= nodes; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
      slope = (nodes * (x * now - before)) / (x * x - 1);
      const step = now / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    const weight = 2 / ((1 - x * x) * slope * slope);
    sum += weight * f(from + ((to - from) * (x + 1)) / 2);
  }
  return (sum * (to - from)) / 2;
}

/** A random point of the simplex, uniformly. */
export function simplexOf(n: number, random: { uniform(): number }): Float64Array {
  const raw = Float64Array.from({ length: n }, () => -Math.log(1 - random.uniform()));
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((p) => p / total);
}
