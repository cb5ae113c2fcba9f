/** Algorithm 2 in float64 and plain loops, written from the paper alone: a second opinion on the graph. */
export function driftField64(
  x: number[][],
  positives: number[][],
  negatives: number[][],
  temperature: number,
  selfMask: boolean,
): number[][] {
  const targets = [...positives, ...negatives];
  const logits = x.map((a, i) =>
    targets.map((b, j) =>
      selfMask && j - positives.length === i
        ? Number.NEGATIVE_INFINITY
        : -Math.hypot(...a.map((v, k) => v - b[k])) / temperature,
    ),
  );
  const lse = (values: number[]) => {
    const top = Math.max(...values);
    return top === Number.NEGATIVE_INFINITY ? top : top + Math.log(values.reduce((s, v) => s + Math.exp(v - top), 0));
  };
  const rows = logits.map(lse);
  const columns = targets.map((_, j) => lse(logits.map((row) => row[j])));
  return x.map((a, i) => {
    const weights = logits[i].map((l, j) =>
      l === Number.NEGATIVE_INFINITY ? 0 : Math.exp(l - 0.5 * (rows[i] + columns[j])),
    );
    const sum = (from: number, to: number, f: (j: number) => number) => {
      let s = 0;
      for (let j = from; j < to; j++) s += f(j);
      return s;
    };
    const p = positives.length;
    const plus = sum(0, p, (j) => weights[j]);
    const minus = sum(p, targets.length, (j) => weights[j]);
    return a.map(
      (_, k) =>
        minus * sum(0, p, (j) => weights[j] * targets[j][k]) -
        plus * sum(p, targets.length, (j) => weights[j] * targets[j][k]),
    );
  });
}
