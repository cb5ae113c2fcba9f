import type { ParameterEntry, Parameters } from "../runtime/parameters.js";
import { sizeOf } from "../tensor/shape.js";
import { type AdamOptions, adamSegment } from "./adamw.js";
import { kernels } from "./kernels/index.js";
import {
  COMMON,
  checkRange,
  flatOptimizer,
  type Optimizer,
  requireArguments,
  segmentsOf,
  settingsOf,
} from "./optimizer.js";

export interface MuonOptions extends AdamOptions {
  /** Momentum of the matrices (Nesterov); default 0.95. */
  momentum?: number;
  /** Newton–Schulz iterations; default 5. */
  iterations?: number;
  /**
   * Which parameters are orthogonalised; default: those of two or more axes without `embedding` or `position` in their
   * names.
   */
  matrix?: (entry: ParameterEntry) => boolean;
}

const isMatrix = ({ name, shape }: ParameterEntry) => shape.length >= 2 && !/embedding|position/i.test(name);

/**
 * Muon (Jordan et al. 2024): the momentum of each matrix, orthogonalised, is its update; scaled by 0.2·√max(rows,
 * columns) as in 2502.16982, so that learning rate and decoupled weight decay (default 0.01) mean what they mean for
 * AdamW, which updates all other parameters. A kernel [O, I, kh, kw] counts as the matrix [O, I·kh·kw]. It runs in
 * plain TypeScript, about 30·n·m·min(n, m) operations for an n × m matrix (0.2 s for 256 × 256): for small networks.
 */
export function muon(parameters: Parameters, options: MuonOptions): Optimizer {
  requireArguments("muon", parameters, options, [...COMMON, "betas", "eps", "momentum", "iterations", "matrix"]);
  const { momentum = 0.95, iterations = 5, matrix = isMatrix, betas = [0.9, 0.95], eps = 1e-8 } = options;
  const settings = { weightDecay: 0.01, ...options };
  checkRange("momentum", momentum, 0, 1);
  for (const beta of betas) checkRange("betas", beta, 0, 1);
  const matrices = parameters.entries.filter(matrix).map((entry) => {
    const rows = entry.shape[0];
    return { ...entry, rows, columns: sizeOf(entry.shape.slice(1)), ...settingsOf(entry.name, settings) };
  });
  const others = segmentsOf(
    parameters.entries.filter((entry) => !matrix(entry)),
    settings,
  );
  const [m, v] = kernels().vectors(2, parameters.count);
  const update = new Float64Array(Math.max(0, ...matrices.map(({ size }) => size)));
  const orthogonalise = newtonSchulz(
    update.length,
    Math.max(0, ...matrices.map(({ rows, columns }) => Math.min(rows, columns))),
  );

  return flatOptimizer(parameters, settings, { m, v }, (context) => {
    const { flat, gradients, scale, lr, part } = context;
    if (part[1] - part[0] < flat.length) throw new Error("muon: matrices are updated whole, not in parts.");
    for (const segment of others) adamSegment(context, segment, m, v, betas, eps, true);
    for (const { offset, size, rows, columns, lrScale, weightDecay } of matrices) {
      for (let i = 0; i < size; i++) {
        const g = gradients[offset + i] * scale;
        const average = (m[offset + i] = momentum * m[offset + i] + (1 - momentum) * g);
        update[i] = momentum * average + (1 - momentum) * g;
      }
      orthogonalise(update, rows, columns, iterations);
      const rate = lr * lrScale;
      const stepSize = rate * 0.2 * Math.sqrt(Math.max(rows, columns));
      for (let i = 0; i < size; i++)
        flat[offset + i] = flat[offset + i] * (1 - rate * weightDecay) - stepSize * update[i];
    }
  });
}

/**
 * Replaces a row-major matrix by about UVᵀ of its singular value decomposition with the quintic iteration X ← aX + (bA
 * + cA²)X, A = XXᵀ, which takes all singular values to roughly 1. Buffers are made once, for the largest matrix.
 */
function newtonSchulz(largest: number, shortest: number) {
  const [a, b, c] = [3.4445, -4.775, 2.0315];
  let x = new Float64Array(largest);
  let next = new Float64Array(largest);
  const gram = new Float64Array(shortest ** 2);
  const polynomial = new Float64Array(shortest ** 2);
  return (matrix: Float64Array, rows: number, columns: number, iterations: number): void => {
    const size = rows * columns;
    const wide = rows <= columns;
    const [n, m] = wide ? [rows, columns] : [columns, rows];
    let square = 0;
    for (let i = 0; i < size; i++) square += matrix[i] * matrix[i];
    const scale = 1 / Math.max(Math.sqrt(square), 1e-7);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) x[i * m + j] = matrix[wide ? i * m + j : j * n + i] * scale;
    for (let k = 0; k < iterations; k++) {
      symmetricProduct(x, n, m, gram);
      symmetricProduct(gram, n, n, polynomial); // A·A = A·Aᵀ, A being symmetric
      for (let i = 0; i < n * n; i++) polynomial[i] = b * gram[i] + c * polynomial[i];
      for (let i = 0; i < size; i++) next[i] = a * x[i];
      addProduct(polynomial, x, n, m, next);
      [x, next] = [next, x];
    }
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) matrix[wide ? i * m + j : j * n + i] = x[i * m + j];
  };
}

/** out [n, n] = x·xᵀ of x [n, m]. */
function symmetricProduct(x: Float64Array, n: number, m: number, out: Float64Array): void {
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < m; k++) sum += x[i * m + k] * x[j * m + k];
      out[i * n + j] = out[j * n + i] = sum;
    }
}

/** out [n, m] += a·x of a [n, n] and x [n, m]. */
function addProduct(a: Float64Array, x: Float64Array, n: number, m: number, out: Float64Array): void {
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < m; j++) out[i * m + j] += factor * x[k * m + j];
    }
}
