import type { Prediction, Probabilities } from "./prediction.js";
import { drawPrior, type Process, priorAt } from "./process.js";

interface Uniforms {
  uniform(): number;
}

const ratio = (alphaT: number, alphaS: number): number => (alphaT === alphaS ? 1 : alphaT / alphaS);

/**
 * q_{s|t}(·|z, x) for s < t: Bayes where x is one-hot, or the prediction for this position that does not look at z. x
 * [states] on the simplex, its mask entry 0. For masked noise x is what an absent token becomes; a token that is there
 * stays.
 */
export function posterior(
  process: Process,
  z: number,
  x: Probabilities,
  alphaT: number,
  alphaS: number,
): Probabilities {
  const out = new Float64Array(process.states);
  const K = process.tokens;
  if (alphaT === alphaS) {
    out[z] = 1;
  } else if (process.kind === "masked") {
    if (z !== K) out[z] = 1;
    else {
      for (let j = 0; j < K; j++) out[j] = ((alphaS - alphaT) / (1 - alphaT)) * x[j];
      out[K] = (1 - alphaS) / (1 - alphaT);
    }
  } else {
    const between = ratio(alphaT, alphaS);
    const total = K * alphaT * x[z] + 1 - alphaT;
    const noise = ((1 - between) * (1 - alphaS)) / K;
    for (let j = 0; j < K; j++) out[j] = ((alphaS - alphaT) * x[j] + noise) / total;
    out[z] += (K * alphaT * x[z] + between - alphaT) / total;
  }
  return out;
}

/** q_{0|t}(·|z, x): what the clean token is, once z was seen. */
export function cleanPosterior(process: Process, z: number, x: Probabilities, alphaT: number): Probabilities {
  if (process.kind === "uniform") {
    const total = process.tokens * alphaT * x[z] + 1 - alphaT;
    return x.map((p, j) => (j === z ? (process.tokens * alphaT + 1 - alphaT) * p : (1 - alphaT) * p) / total);
  }
  if (z === process.tokens) return x.slice();
  const out = new Float64Array(process.states);
  out[z] = 1;
  return out;
}

/** Noises clean probabilities to level s: alpha_s·clean + (1 − alpha_s)·π, the corrector of a Ψ-posterior. */
export const renoised = (process: Process, clean: Probabilities, alphaS: number): Probabilities =>
  clean.map((p, j) => alphaS * p + (1 - alphaS) * priorAt(process, j));

/** Ψ_{s|t} = κ·q_{s|t}(·|z, x) + (1 − κ)·[alpha_s·q_{0|t}(·|z, x) + (1 − alpha_s)·π] (2602.21185). */
export function psiPosterior(
  process: Process,
  z: number,
  x: Probabilities,
  alphaT: number,
  alphaS: number,
  kappa: number,
): Probabilities {
  const predictor = posterior(process, z, x, alphaT, alphaS);
  if (kappa === 1) return predictor;
  const corrector = renoised(process, cleanPosterior(process, z, x, alphaT), alphaS);
  return predictor.map((p, j) => kappa * p + (1 - kappa) * corrector[j]);
}

/** c ~ q_{0|t}(·|z, x) without forming that vector. */
export function drawClean(process: Process, z: number, x: Prediction, alphaT: number, random: Uniforms): number {
  if (process.kind === "masked") return z === process.tokens ? x.draw(random) : z;
  return isOld(process, z, x, alphaT, random) ? z : x.draw(random, z);
}

/**
 * Whether c = z for c ~ q_{0|t} of uniform noise. The likelier the prediction says z is, the likelier; so the exact
 * probability is only asked for where its bounds do not decide.
 */
function isOld(process: Process, z: number, x: Prediction, alphaT: number, random: Uniforms): boolean {
  const u = random.uniform();
  const by = (own: number): boolean => {
    const mass = (process.tokens * alphaT + 1 - alphaT) * own;
    const others = (1 - alphaT) * (1 - own);
    return u * (mass + others) < mass || others <= 0;
  };
  for (const closely of [false, true]) {
    const [low, high] = x.between(z, closely);
    const least = by(low);
    if (least === by(high)) return least;
  }
  return by(x.at(z));
}

/** Where a step's token comes from: the old token, the guessed clean one, or the prior. */
export interface Source {
  old: number;
  clean: number;
  prior: number;
}

/**
 * Probabilities of the three sources of z_s given a guess c ~ q_{0|t}: q_{s|t}(·|z, x) = Σ_c q_{0|t}(c)·[old·e_z +
 * clean·e_c + prior·π], exactly. Constant time whatever the vocabulary.
 */
export function sources(process: Process, z: number, c: number, alphaT: number, alphaS: number): Source {
  if (alphaT === alphaS) return { old: 1, clean: 0, prior: 0 };
  if (process.kind === "masked") {
    if (z !== process.tokens) return { old: 1, clean: 0, prior: 0 };
    const clean = (alphaS - alphaT) / (1 - alphaT);
    return { old: 0, clean, prior: 1 - clean };
  }
  const between = ratio(alphaT, alphaS);
  const same = c === z ? process.tokens * alphaT : 0;
  const total = same + 1 - alphaT;
  return {
    old: (same + between - alphaT) / total,
    clean: (alphaS - alphaT) / total,
    prior: ((1 - between) * (1 - alphaS)) / total,
  };
}

export interface Drawn {
  token: number;
  from: keyof Source;
}

/** z_s ~ q_{s|t}(·|z, x) by the three-way choice; a clean token is only drawn where it is taken. */
export function drawPosterior(
  process: Process,
  z: number,
  x: Prediction,
  alphaT: number,
  alphaS: number,
  random: Uniforms,
): Drawn {
  const masked = process.kind === "masked";
  if (alphaT === alphaS || (masked && z !== process.tokens)) return { token: z, from: "old" };
  const same = !masked && isOld(process, z, x, alphaT, random);
  const other = masked || z > 0 ? 0 : 1; // stands for any c ≠ z
  const { old, clean } = sources(process, z, same ? z : other, alphaT, alphaS);
  const u = random.uniform();
  if (u < old) return { token: z, from: "old" };
  if (u < old + clean) return { token: same ? z : masked ? x.draw(random) : x.draw(random, z), from: "clean" };
  return { token: drawPrior(process, random), from: "prior" };
}

/** The corrector's draw: c ~ q_{0|t}, noised again to level s. */
export function drawCorrector(
  process: Process,
  z: number,
  x: Prediction,
  alphaT: number,
  alphaS: number,
  random: Uniforms,
): Drawn {
  if (random.uniform() < alphaS) return { token: drawClean(process, z, x, alphaT, random), from: "clean" };
  return { token: drawPrior(process, random), from: "prior" };
}
