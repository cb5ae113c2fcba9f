/** What one update of Adam multiplies with; `scale` and `l2` make the gradient scale·g + l2·p. */
export interface AdamStep {
  scale: number;
  l2: number;
  beta1: number;
  beta2: number;
  /** Learning rate over 1 − β1^step. */
  stepSize: number;
  /** 1/√(1 − β2^step). */
  correction: number;
  eps: number;
  /** Part of the parameters that decoupled weight decay takes away. */
  decay: number;
}

/** What one update by momentum multiplies with. */
export interface SgdStep {
  scale: number;
  l2: number;
  momentum: number;
  /** Learning rates of the gradient itself and of the momentum. */
  onGradient: number;
  onMomentum: number;
}

/** The loops over flat vectors, on elements [start, end); vectors that are written come first. */
export interface Kernels {
  readonly name: string;
  /** `count` vectors of zeros for an optimiser's own state. */
  vectors(count: number, length: number): Float32Array[];
  adam(vectors: readonly [p: Vector, m: Vector, v: Vector, g: Vector], start: number, end: number, by: AdamStep): void;
  sgd(vectors: readonly [p: Vector, b: Vector, g: Vector], start: number, end: number, by: SgdStep): void;
  /** average += part·(values − average) */
  average(average: Vector, values: Vector, part: number): void;
  /** In double precision. */
  sumOfSquares(vector: Vector): number;
}
type Vector = Float32Array;

/** Plain loops in double precision, rounded where they are stored. */
export const reference: Kernels = {
  name: "plain loops",
  vectors: (count, length) => Array.from({ length: count }, () => new Float32Array(length)),
  adam([p, m, v, g], start, end, { scale, l2, beta1, beta2, stepSize, correction, eps, decay }) {
    const keep = 1 - decay;
    for (let i = start; i < end; i++) {
      const gradient = g[i] * scale + l2 * p[i];
      const first = (m[i] = beta1 * m[i] + (1 - beta1) * gradient);
      const second = (v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient);
      p[i] = keep * p[i] - (stepSize * first) / (Math.sqrt(second) * correction + eps);
    }
  },
  sgd([p, b, g], start, end, { scale, l2, momentum, onGradient, onMomentum }) {
    for (let i = start; i < end; i++) {
      const gradient = g[i] * scale + l2 * p[i];
      const velocity = (b[i] = momentum * b[i] + gradient);
      p[i] -= onGradient * gradient + onMomentum * velocity;
    }
  },
  average(average, values, part) {
    for (let i = 0; i < average.length; i++) average[i] += part * (values[i] - average[i]);
  },
  sumOfSquares(vector) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
    return sum;
  },
};
