/** What the metrics need of a random generator; `Random` of `src/random` has it. */
export interface RandomSource {
  /** A number in [0, 1). */
  uniform(): number;
  /** A standard normal number. */
  normal(): number;
  /** An integer in 0..n-1. */
  integer(n: number): number;
}

/** A set of feature vectors (or points, or flattened images): `data` is [count, dim], row-major. */
export interface Features {
  readonly data: Float32Array;
  readonly count: number;
  readonly dim: number;
}

/**
 * Views `data` [count, dim] as feature vectors of width `dim`.
 * @throws RangeError where the length is not a multiple of `dim`, or a value is not finite.
 */
export function features(data: Float32Array, dim: number): Features {
  if (!Number.isInteger(dim) || dim < 1)
    throw new RangeError(`The feature width must be a positive integer, not ${dim}.`);
  if (data.length === 0 || data.length % dim !== 0)
    throw new RangeError(`${data.length} numbers are not a whole, positive number of feature vectors of width ${dim}.`);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(
      `Feature ${bad % dim} of vector ${Math.floor(bad / dim)} is ${data[bad]}; metrics need finite features. Check the network or its input.`,
    );
  return { data, count: data.length / dim, dim };
}

/** The first `count` vectors (all where there are fewer), without a copy. */
export function firstRows({ data, count, dim }: Features, limit: number): Features {
  const rows = Math.min(count, limit);
  return { data: data.subarray(0, rows * dim), count: rows, dim };
}

/** The given number of different vectors, drawn uniformly (a partial Fisher–Yates shuffle). */
export function sampleRows({ data, count, dim }: Features, size: number, random: RandomSource): Features {
  if (!Number.isInteger(size) || size < 1 || size > count)
    throw new RangeError(`Cannot draw ${size} different vectors out of ${count}.`);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const drawn = new Float32Array(size * dim);
  for (let i = 0; i < size; i++) {
    const j = i + random.integer(count - i);
    const row = order[j];
    order[j] = order[i];
    drawn.set(data.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return { data: drawn, count: size, dim };
}

/** @throws RangeError where the two sets are not of one width. */
export function requireSameDim(a: { dim: number }, b: { dim: number }): void {
  if (a.dim !== b.dim)
    throw new RangeError(`The two sets have features of width ${a.dim} and ${b.dim}; they must come from one network.`);
}

/** @throws RangeError where a set has fewer than `least` vectors. */
export function requireCount({ count }: { count: number }, least: number, metric: string): void {
  if (count < least) throw new RangeError(`${metric} needs at least ${least} vectors, not ${count}.`);
}
