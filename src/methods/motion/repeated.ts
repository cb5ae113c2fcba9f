/** The same for each of so many rows. */
export function repeated<A extends Float32Array | Int32Array | Uint8Array>(values: A, rows: number): A {
  if (rows === 1) return values;
  const out = new (values.constructor as new (length: number) => A)(rows * values.length);
  for (let r = 0; r < rows; r++) out.set(values, r * values.length);
  return out;
}
