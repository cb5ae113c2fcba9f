/** Forward noise: each token keeps its value with probability alpha, else it is drawn from the prior π. */
export interface Process {
  readonly kind: "uniform" | "masked";
  /** Clean tokens, 0 … tokens − 1. */
  readonly tokens: number;
  /** States of a noisy position: `tokens`, and one more (the mask, the last) for masked noise. */
  readonly states: number;
}

function checkTokens(tokens: number): void {
  if (!Number.isInteger(tokens) || tokens < 2) throw new Error(`A process needs at least 2 tokens, got ${tokens}.`);
}

/** π uniform over K tokens (USDM: UDLM, Duo). */
export function uniformProcess(tokens: number): Process {
  checkTokens(tokens);
  return { kind: "uniform", tokens, states: tokens };
}

/** π all on a mask with index K (MDM: MDLM). */
export function maskedProcess(tokens: number): Process {
  checkTokens(tokens);
  return { kind: "masked", tokens, states: tokens + 1 };
}

/** π(j). */
export const priorAt = (process: Process, j: number): number =>
  process.kind === "uniform" ? 1 / process.tokens : j === process.tokens ? 1 : 0;

/** A draw from π. */
export const drawPrior = (process: Process, random: { uniform(): number }): number =>
  process.kind === "uniform" ? Math.floor(random.uniform() * process.tokens) : process.tokens;

/** q_t(·|x) = alpha·x + (1 − alpha)·π for x [states] on the simplex. */
export const marginal = (process: Process, x: Float64Array, alpha: number): Float64Array =>
  x.map((p, j) => alpha * p + (1 - alpha) * priorAt(process, j));

/** z_t ~ q_t(·|x) for each of the clean tokens [N]; `alpha` [N / perAlpha] holds for runs of `perAlpha` tokens. */
export function corrupt(
  process: Process,
  clean: Int32Array,
  alpha: ArrayLike<number>,
  random: { uniform(): number },
): Int32Array {
  const perAlpha = clean.length / alpha.length;
  if (!Number.isInteger(perAlpha))
    throw new Error(`${alpha.length} noise levels do not divide ${clean.length} tokens; give one per sequence.`);
  return clean.map((token, i) =>
    random.uniform() < alpha[Math.floor(i / perAlpha)] ? token : drawPrior(process, random),
  );
}

/** Throws where a token is no clean token of the process. */
export function checkTokensInRange(process: Process, tokens: Int32Array): void {
  const bad = tokens.findIndex((token) => token < 0 || token >= process.tokens);
  if (bad >= 0)
    throw new Error(`Token ${tokens[bad]} at position ${bad} is outside the vocabulary 0 … ${process.tokens - 1}.`);
}
