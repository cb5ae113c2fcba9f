/** Batches that sampling programs are compiled for. */
const BATCHES = [1, 8, 64];

/**
 * Splits a request into batches: where each starts, how many of it count, and how many rows the program takes. The largest batch is used of
 * which the request fills more than half, repeatedly.
 */
export function* batchesOf(count: number): Generator<{ at: number; n: number; batch: number }> {
  const batch = BATCHES.findLast((b) => count > b / 2) ?? 1;
  for (let at = 0; at < count; at += batch) yield { at, n: Math.min(batch, count - at), batch };
}

/** Rows [at, at + n) of a row-major array with `per` numbers a row, filled up with zeros to `batch` rows. */
export function paddedRows<T extends Float32Array | Int32Array>(
  all: T,
  per: number,
  { at, n, batch }: { at: number; n: number; batch: number },
): T {
  const part = all.slice(at * per, (at + n) * per) as T;
  if (n === batch) return part;
  const full = new (all.constructor as new (n: number) => T)(batch * per);
  full.set(part);
  return full;
}
