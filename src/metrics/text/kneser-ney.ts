export interface KneserNeyOptions {
  /** Tokens of the longest n-grams; default 6. */
  order?: number;
  /** Number of different tokens K; K^order must stay below 2^53. */
  vocabulary: number;
}

export interface KneserNey {
  readonly order: number;
  readonly vocabulary: number;
  /** log p(token | context) in nats; of the context only the last order − 1 tokens count. */
  logProbability(context: ArrayLike<number>, token: number): number;
  /** −log p of a sequence from its first token on, in nats. */
  nats(tokens: Int32Array): number;
}

/** What follows a context of one length, packed as numbers in base K. */
interface Level {
  /** Count of each n-gram: plain at the highest order, of different left neighbours below. */
  counts: Map<number, number>;
  /** By context: sum of the counts, and how many continuations have a count of 1, 2 and at least 3. */
  contexts: Map<number, { total: number; ones: number; twos: number; more: number }>;
  /** D₁, D₂, D₃₊. */
  discounts: readonly [number, number, number];
}

/** Smallest discount, so that a context always leaves some mass to the shorter one. */
const LEAST = 0.1;

/**
 * Discounts D_i = i − (i + 1)·Y·n_(i+1)/n_i, Y = n₁/(n₁ + 2·n₂), from the counts of counts n (Chen & Goodman 1999, eq.
 * 26), within [0.1, i]; i/2 where the text has no n-gram of that count.
 */
function discountsOf(counts: Iterable<number>): Level["discounts"] {
  const n = [0, 0, 0, 0, 0];
  for (const count of counts) if (count <= 4) n[count]++;
  const y = n[1] + n[2] > 0 ? n[1] / (n[1] + 2 * n[2]) : 0;
  const discount = (i: 1 | 2 | 3) =>
    n[i] === 0 ? i / 2 : Math.min(i, Math.max(LEAST, i - (i + 1) * y * (n[i + 1] / n[i])));
  return [discount(1), discount(2), discount(3)];
}

/**
 * Interpolated modified Kneser–Ney n-gram model (Chen & Goodman 1999): p(w | h) = (c(hw) − D(c))/c(h·) + γ(h)·p(w |
 * h'), h' the context without its first token; below the highest order c counts different left neighbours, and the
 * unigrams are mixed with the uniform distribution, so that nothing has probability zero.
 */
export function trainKneserNey(tokens: ArrayLike<number>, { order = 6, vocabulary }: KneserNeyOptions): KneserNey {
  const K = vocabulary;
  if (!(Number.isInteger(order) && order >= 1)) throw new Error(`order must be a positive whole number, got ${order}.`);
  if (!(Number.isInteger(K) && K >= 2)) throw new Error(`vocabulary must be a whole number of at least 2, got ${K}.`);
  if (K ** order > Number.MAX_SAFE_INTEGER)
    throw new Error(`n-grams of order ${order} over ${K} tokens do not fit into a number; take a lower order.`);
  if (tokens.length < order) throw new Error(`A text of ${tokens.length} tokens is too short for order ${order}.`);
  let bad = 0;
  while (bad < tokens.length && tokens[bad] >= 0 && tokens[bad] < K) bad++;
  if (bad < tokens.length)
    throw new Error(`Token ${tokens[bad]} at position ${bad} is outside the vocabulary 0 … ${K - 1}.`);

  // Counts of the highest order; then, order by order, how many different tokens stand before each n-gram
  let counts = new Map<number, number>();
  const tails = K ** (order - 1);
  let key = 0;
  for (let i = 0; i < tokens.length; i++) {
    key = (key % tails) * K + tokens[i]; // the first token goes before the new one comes: K^(order + 1) may not fit
    if (i >= order - 1) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const levels: Level[] = [];
  for (let n = order; n >= 1; n--) {
    const contexts: Level["contexts"] = new Map();
    for (const [gram, count] of counts) {
      const context = Math.floor(gram / K);
      let entry = contexts.get(context);
      if (!entry) contexts.set(context, (entry = { total: 0, ones: 0, twos: 0, more: 0 }));
      entry.total += count;
      if (count === 1) entry.ones++;
      else if (count === 2) entry.twos++;
      else entry.more++;
    }
    levels[n - 1] = { counts, contexts, discounts: discountsOf(counts.values()) };
    const shorter = new Map<number, number>();
    const size = K ** (n - 1);
    for (const gram of counts.keys()) shorter.set(gram % size, (shorter.get(gram % size) ?? 0) + 1);
    counts = shorter;
  }

  /** p(token | the context of n − 1 tokens packed in `context`). */
  const probability = (n: number, context: number, token: number): number => {
    if (n === 0) return 1 / K;
    const { counts, contexts, discounts } = levels[n - 1];
    const lower = probability(n - 1, n === 1 ? 0 : context % K ** (n - 2), token);
    const seen = contexts.get(context);
    if (!seen) return lower;
    const count = counts.get(context * K + token) ?? 0;
    const kept = count === 0 ? 0 : count - discounts[Math.min(count, 3) - 1];
    const freed = discounts[0] * seen.ones + discounts[1] * seen.twos + discounts[2] * seen.more;
    return (kept + freed * lower) / seen.total;
  };
  const check = (token: number) => {
    if (!(Number.isInteger(token) && token >= 0 && token < K))
      throw new Error(`Token ${token} is outside the judge's vocabulary 0 … ${K - 1}.`);
    return token;
  };
  const logProbability = (context: ArrayLike<number>, token: number): number => {
    const n = Math.min(order, context.length + 1);
    let packed = 0;
    for (let i = context.length - n + 1; i < context.length; i++) packed = packed * K + check(context[i]);
    return Math.log(probability(n, packed, check(token)));
  };
  return {
    order,
    vocabulary: K,
    logProbability,
    nats(sequence) {
      let sum = 0;
      for (let i = 0; i < sequence.length; i++)
        sum -= logProbability(sequence.subarray(Math.max(0, i - order + 1), i), sequence[i]);
      return sum;
    },
  };
}
