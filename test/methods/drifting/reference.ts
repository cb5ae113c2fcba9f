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

export interface Negatives64 {
  /** [B][N][S]. */
  samples: number[][][];
  /** One for each group. */
  weights: ArrayLike<number>;
}

const softmax = (logits: number[]) => {
  const top = Math.max(...logits);
  const e = logits.map((l) => Math.exp(l - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
};
const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * The normalised multi-temperature loss in float64 and plain loops, written from the paper's appendix A.6 alone: gen
 * [B][G][S], positives [B][P][S]; `gradient` is that of the mean over groups towards gen.
 */
export function normalizedDrift64(
  gen: number[][][],
  positives: number[][][],
  negatives: Negatives64 | null,
  {
    temperatures = [0.02, 0.05, 0.2],
    floor = 1e-12,
    selfDistance = Number.POSITIVE_INFINITY,
    independent = null as number[][][] | null,
  } = {},
) {
  const [b, s] = [gen.length, gen[0][0].length];
  const repelling = independent ?? gen;
  const g = repelling[0].length;
  const n = negatives?.samples[0].length ?? 0;
  const targets = repelling.map((own, k) => [...own, ...(negatives?.samples[k] ?? []), ...positives[k]]);
  const weight = (k: number, j: number) => (j >= g && j < g + n ? negatives!.weights[k] : 1);
  const distances = gen.map((own, k) =>
    own.map((x) =>
      targets[k].map((y) =>
        Math.sqrt(
          Math.max(
            1e-8,
            x.reduce((d, v, c) => d + (v - y[c]) ** 2, 0),
          ),
        ),
      ),
    ),
  );
  const scale =
    average(distances.flatMap((rows, k) => rows.flatMap((row) => row.map((d, j) => d * weight(k, j))))) /
    average(targets.flatMap((all, k) => all.map((_, j) => weight(k, j))));
  const unit = Math.max(scale / Math.sqrt(s), 1e-3);
  const force = gen.map((own) => own.map(() => new Array<number>(s).fill(0)));
  const power: number[] = [];
  for (const temperature of temperatures) {
    const f = gen.map((own, k) => {
      const logits = own.map((_, i) =>
        targets[k].map((_, j) => {
          const far = !independent && i === j ? selfDistance : 0;
          return -(distances[k][i][j] / Math.max(scale, 1e-3) + far) / temperature;
        }),
      );
      const rows = logits.map(softmax);
      const columns = targets[k].map((_, j) => softmax(logits.map((row) => row[j])));
      return own.map((_, i) => {
        const a = targets[k].map((_, j) => Math.sqrt(Math.max(rows[i][j] * columns[j][i], floor)) * weight(k, j));
        const sum = (from: number, to: number, of: (j: number) => number) =>
          targets[k].slice(from, to).reduce((total, _, j) => total + of(from + j), 0);
        const repel = sum(0, g + n, (j) => a[j]);
        const attract = sum(g + n, targets[k].length, (j) => a[j]);
        return Array.from({ length: s }, (_, c) => {
          const pull = sum(g + n, targets[k].length, (j) => a[j] * (targets[k][j][c] / unit));
          const push = sum(0, g + n, (j) => a[j] * (targets[k][j][c] / unit));
          return repel * pull - attract * push;
        });
      });
    });
    const square = average(f.flat(2).map((v) => v * v));
    power.push(square);
    for (const [k, rows] of f.entries())
      for (const [i, row] of rows.entries())
        for (const [c, v] of row.entries()) force[k][i][c] += v / Math.sqrt(square);
  }
  return {
    loss: average(force.flat(2).map((v) => v * v)),
    scale,
    power,
    force,
    gradient: force.map((rows) => rows.map((row) => row.map((v) => (-2 * v) / (b * g * s * unit)))),
  };
}

/** A family's vectors: [N][V][S], N images with V places each. */
export type Vectors = number[][][];

/**
 * The image loss in float64: every place of every group is a drifting problem of its own, scale and force are
 * normalised over a family's problems together, the pool of unconditional negatives is shared, each group has its own
 * weight. `gradients` are [family][N][V][S].
 */
export function imageDrift64(
  gen: Vectors[],
  positives: Vectors[],
  negatives: { families: Vectors[]; weights: ArrayLike<number> } | null,
  groups: number,
) {
  const results = gen.map((family, f) => {
    const places = family[0].length;
    const problems = Array.from({ length: groups * places }, (_, i) => [Math.floor(i / places), i % places]);
    const part = (all: Vectors, group: number, place: number) => {
      const per = all.length / groups;
      return all.slice(group * per, (group + 1) * per).map((image) => image[place]);
    };
    const loss = normalizedDrift64(
      problems.map(([group, place]) => part(family, group, place)),
      problems.map(([group, place]) => part(positives[f], group, place)),
      negatives && {
        samples: problems.map(([, place]) => negatives.families[f].map((image) => image[place])),
        weights: problems.map(([group]) => negatives.weights[group]),
      },
    );
    const per = family.length / groups;
    const gradient = family.map((image, i) =>
      image.map((_, place) => loss.gradient[Math.floor(i / per) * places + place][i % per]),
    );
    return { ...loss, gradient };
  });
  return {
    loss: results.reduce((sum, { loss }) => sum + loss, 0),
    scale: results[0].scale,
    power: results[0].power,
    gradients: results.map(({ gradient }) => gradient),
  };
}
