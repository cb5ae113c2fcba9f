/**
 * −Σ p̂·ln p̂ of the token histogram inside each sequence of `length` tokens, in nats: what falls where samples repeat
 * themselves.
 */
export function unigramEntropies(tokens: Int32Array, length: number): Float64Array {
  if (!(Number.isInteger(length) && length >= 1) || tokens.length % length !== 0)
    throw new Error(`${tokens.length} tokens are no whole number of sequences of ${length}.`);
  if (tokens.length === 0) throw new Error("There are no sequences whose entropy could be taken.");
  return Float64Array.from({ length: tokens.length / length }, (_, i) => {
    const counts = new Map<number, number>();
    for (const token of tokens.subarray(i * length, (i + 1) * length)) counts.set(token, (counts.get(token) ?? 0) + 1);
    let entropy = 0;
    for (const count of counts.values()) entropy -= (count / length) * Math.log(count / length);
    return entropy;
  });
}
