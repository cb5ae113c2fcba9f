/** How strongly, and how steadily, a mixture follows a diagnosis. */
export interface MixtureOptions {
  /** 0: all alike; larger: more for what is worst. Default 1. */
  tau?: number;
  /** Share of the mixture that is spread over all, whatever is found: 0 to 1. Default 0.1. */
  floor?: number;
  /** How much of the way from the mixture before it goes, above 0 to 1. Default 1. */
  inertia?: number;
  /** Most that one may have, as a multiple of an equal share. Default 3. */
  cap?: number;
}

/** What the mixture control sees of a class. */
export interface Need {
  /** How badly it is drawn: 0 (as real images are) to 1. */
  deficit: number;
  /** Halves what it is given: what it got before did not help. */
  stuck?: boolean;
}

/**
 * Shares of the training mixture, adding up to 1: s = deficit^tau (half of it where stuck), w = floor/C + (1 − floor) ·
 * s/Σs, none above cap/C, mixed with those of the round before. Without any deficit all are alike.
 */
export function mixtureWeights(
  needs: readonly Need[],
  { tau = 1, floor = 0.1, inertia = 1, cap = 3 }: MixtureOptions = {},
  before?: readonly number[],
): number[] {
  const { length } = needs;
  for (const { deficit } of needs)
    if (!(deficit >= 0 && deficit <= 1)) throw new RangeError(`A deficit lies between 0 and 1, not ${deficit}.`);
  if (before && before.length !== length)
    throw new RangeError(`The mixture before has ${before.length} shares, this one ${length}.`);
  const scores = needs.map(({ deficit, stuck }) => deficit ** tau * (stuck ? 0.5 : 1));
  const sum = scores.reduce((a, b) => a + b, 0);
  const shares = scores.map((score) => floor / length + (1 - floor) * (sum > 0 ? score / sum : 1 / length));
  const capped = capShares(shares, cap / length);
  return before ? capped.map((share, c) => (1 - inertia) * before[c] + inertia * share) : capped;
}

/** Shares of which none is above `most`: what is cut off goes to the others in proportion to what they have. */
function capShares(shares: readonly number[], most: number): number[] {
  let capped = [...shares];
  for (let round = 0; round < shares.length; round++) {
    const excess = capped.reduce((sum, share) => sum + Math.max(0, share - most), 0);
    if (excess < 1e-15) break;
    const free = capped.reduce((sum, share) => sum + (share < most ? share : 0), 0);
    if (free === 0) break;
    capped = capped.map((share) => (share < most ? share + (excess * share) / free : most));
  }
  return capped;
}

/** Whole numbers near count · share that add up to `count`: what is left of rounding down goes to the largest remainders. */
export function quotasOf(shares: readonly number[], count: number): number[] {
  const quotas = shares.map((share) => Math.floor(share * count));
  const order = [...shares.keys()].sort(
    (a, b) => shares[b] * count - quotas[b] - (shares[a] * count - quotas[a]) || a - b,
  );
  const left = count - quotas.reduce((a, b) => a + b, 0);
  for (const c of order.slice(0, left)) quotas[c]++;
  return quotas;
}
