import { type GaussianMap, gaussianMapTo } from "../../metrics/gaussian-map.js";
import { addProductTransposed, mirrorLower } from "../../metrics/linalg.js";

/** Moments of features by class, in which every class counts alike. */
export interface ClassMoments {
  classes: number;
  dim: number;
  /** [classes, dim]. */
  means: Float64Array;
  /** Covariance within the classes [dim, dim], mean over them. */
  within: Float64Array;
}

/** Features [classes · each, dim], class after class. */
export interface ClassFeatures {
  values: Float32Array;
  classes: number;
  dim: number;
}

/** Means of each class [classes, dim] and the mean of ffᵀ over all [dim, dim]. */
export interface RawMoments {
  means: Float64Array;
  products: Float64Array;
}

/** @see RawMoments */
export function rawMoments({ values, classes, dim }: ClassFeatures): RawMoments {
  const count = values.length / dim;
  const each = count / classes;
  const means = new Float64Array(classes * dim);
  const columns = new Float64Array(dim * count);
  const scale = 1 / Math.sqrt(count);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(i / each) * dim;
    for (let j = 0; j < dim; j++) {
      const value = values[i * dim + j];
      means[at + j] += value / each;
      columns[j * count + i] = scale * value;
    }
  }
  const products = new Float64Array(dim * dim);
  addProductTransposed(columns, columns, dim, dim, count, products, true);
  mirrorLower(products, dim);
  return { means, products };
}

/** The covariance within classes, E[ffᵀ] − mean over classes of m mᵀ. */
export function withinClasses({ means, products }: RawMoments, dim: number): ClassMoments {
  const classes = means.length / dim;
  const within = products.slice();
  for (let c = 0; c < classes; c++)
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) within[i * dim + j] -= (means[c * dim + i] * means[c * dim + j]) / classes;
  return { classes, dim, means, within };
}

/**
 * The Fréchet distance within classes, Σ_y |m₁y − m₂y|²/K + FD(N(0, W₁), N(0, W₂)), which labels that are exchanged
 * raise, and the map M_y(f) = m₂y + T(f − m₁y) of each class. Of one class it is the Fréchet distance itself.
 */
export function classMapTo(target: ClassMoments): (from: ClassMoments) => GaussianMap {
  const { dim, classes } = target;
  const centred = ({ within }: ClassMoments) => ({ dim, mean: new Float64Array(dim), covariance: within });
  const map = gaussianMapTo(centred(target));
  return (from) => {
    const { distance, transport } = map(centred(from));
    const means = from.means.reduce((sum, mean, i) => sum + (mean - target.means[i]) ** 2, 0) / classes;
    return { distance: means + distance, means, transport };
  };
}
