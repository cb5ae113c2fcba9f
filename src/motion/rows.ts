/**
 * How many rows of `width` numbers these are.
 * @throws RangeError where they are none, or no whole ones; `what` names them.
 */
export function requireRows(rows: ArrayLike<number>, width: number, what = "Features"): number {
  if (rows.length === 0 || rows.length % width !== 0)
    throw new RangeError(`${what} come in rows of ${width} numbers, not in ${rows.length} numbers.`);
  return rows.length / width;
}
