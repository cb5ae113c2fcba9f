/** Batches that programs are compiled for. */
const BATCHES = [1, 8, 64];

/** Some of the rows of a request: where they start, how many there are, and how many the program takes. */
export interface Batch {
  readonly at: number;
  readonly n: number;
  readonly size: number;
}

/**
 * Splits a request into batches. The largest size is used of which the request fills more than half, repeatedly; the
 * last batch is filled up.
 */
export function* batchesOf(count: number): Generator<Batch> {
  const size = BATCHES.findLast((b) => count > b / 2) ?? 1;
  for (let at = 0; at < count; at += size) yield { at, n: Math.min(size, count - at), size };
}

/** Rows of a batch out of an array of `count` equal rows, filled up with zeros. */
export function rowsOf<T extends Float32Array | Int32Array>(all: T, count: number, { at, n, size }: Batch): T {
  const per = all.length / count;
  const part = all.slice(at * per, (at + n) * per) as T;
  if (n === size) return part;
  const full = new (all.constructor as new (n: number) => T)(size * per);
  full.set(part);
  return full;
}
