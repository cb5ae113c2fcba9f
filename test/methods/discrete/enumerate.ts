import { psiPosterior } from "../../../src/methods/discrete/posterior.js";
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

/** p(x^l | z^(not l)) for noisy state z at alpha, by enumeration: [L][states]. */
export function leaveOneOut(
  process: Process,
  L: number,
  data: Float64Array,
  z: number[],
  alpha: number,
): Float64Array[] {
  const K = process.tokens;
  return Array.from({ length: L }, (_, l) => {
    const out = new Float64Array(process.states);
    data.forEach((p, i) => {
      const x = digits(i, K, L);
      let w = p;
      for (let m = 0; m < L; m++) if (m !== l) w *= (x[m] === z[m] ? alpha : 0) + (1 - alpha) * priorAt(process, z[m]);
      out[x[l]] += w;
    });
    const total = out.reduce((a, b) => a + b, 0);
    return total > 0 ? out.map((v) => v / total) : out.fill(1 / K, 0, K);
  });
}

export type ExactDenoiser = (z: number[], state: number, alpha: number) => Float64Array[];

/** Exact law of a Ψ-sampler's output over states^L sequences. */
export function outputLaw(
  process: Process,
  L: number,
  denoise: ExactDenoiser,
  alphas: number[],
  kappas: number[],
  final = true,
): Float64Array {
  const n = process.states;
  const count = n ** L;
  let law = Float64Array.from({ length: count }, (_, i) =>
    digits(i, n, L).reduce((p, j) => p * priorAt(process, j), 1),
  );
  const advance = (alphaT: number, alphaS: number, kappa: number) => {
    const next = new Float64Array(count);
    law.forEach((mass, i) => {
      if (mass === 0) return;
      const z = digits(i, n, L);
      const x = denoise(z, i, alphaT);
      let joint = Float64Array.of(mass);
      for (let l = 0; l < L; l++) {
        const psi = psiPosterior(process, z[l], x[l], alphaT, alphaS, kappa);
        const wider = new Float64Array(joint.length * n);
        for (let a = 0; a < joint.length; a++) for (let j = 0; j < n; j++) wider[a * n + j] = joint[a] * psi[j];
        joint = wider;
      }
      for (let j = 0; j < count; j++) next[j] += joint[j];
    });
    law = next;
  };
  for (const [i, kappa] of kappas.entries()) advance(alphas[i], alphas[i + 1], kappa);
  if (final) advance(alphas[kappas.length], 1, 1);
  return law;
}

export const totalVariation = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]), 0) / 2;
