import type { ImageDataset } from "../../data/index.js";
import { features as featureSet, fitPca, type Pca } from "../../metrics/index.js";
import { cropInTurn } from "../../networks/crops.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import { fineStructure } from "../../networks/texture.js";
import { concat, constant, type Tensor } from "../../tensor/index.js";

/** Maps are averaged over 2×2 cells until they have no more numbers than this, so that their covariance can be had. */
const LARGEST = 4096;

/**
 * Families of features of images [N, C, H, W], by name, [N, S] each: pixels, and of a feature network the channel means of
 * all stages together and every stage but the first. The network sees crops, at each corner in turn, so that its strides hide
 * no grid from it.
 */
export const rawFamilies =
  (features: FeatureNet | null) =>
  (images: Tensor): Record<string, Tensor> => {
    const stages = features ? features(cropInTurn(images)) : [];
    const means = stages.map((stage) => stage.mean([2, 3]));
    return {
      pixels: flat(images),
      ...fineStructure(images),
      ...(means.length > 0 && { pool: concat(means, 1) }),
      ...Object.fromEntries(stages.slice(1).map((stage, i) => [`stage${i + 1}`, flat(stage)])),
    };
  };

function flat(map: Tensor): Tensor {
  const [n, c, h, w] = map.shape;
  if (c * h * w <= LARGEST || h % 2 !== 0 || w % 2 !== 0) return map.flatten(1);
  return flat(map.reshape([n, c, h / 2, 2, w / 2, 2]).mean([3, 5]));
}

/** Principal components of a family in real images, scaled so that their total variance is one. */
export interface Projection {
  name: string;
  /** [dim, size]: rows are components over √(total variance of all that are kept). */
  rows: Float32Array;
  dim: number;
  size: number;
}

/** How many components of pixels and of features are kept. */
const COMPONENTS = { pixels: 64, features: 96 };

/** A projection from the vectors of some real images, [count, size]. */
export function fitProjection(name: string, vectors: Float32Array, size: number): Projection {
  const components = name === "pixels" ? COMPONENTS.pixels : COMPONENTS.features;
  // A few rounds: the last components need not be exact
  const pca: Pca = fitPca(featureSet(vectors, size), { components, iterations: 5 });
  const total = pca.variances.reduce((a, b) => a + b, 0);
  const scale = total > 0 ? 1 / Math.sqrt(total) : 1;
  return { name, rows: Float32Array.from(pca.components, (x) => scale * x), dim: pca.variances.length, size };
}

/** Families of images along their components, by name: [N, dim] each. */
export const projectedFamilies =
  (features: FeatureNet | null, projections: readonly Projection[]) =>
  (images: Tensor): Record<string, Tensor> => {
    const raw = rawFamilies(features)(images);
    return Object.fromEntries(
      projections.map(({ name, rows, dim, size }) => [name, raw[name].matmul(constant(rows, [dim, size]).T)]),
    );
  };

/**
 * Indices of about `wanted` images, as many of every class that has some, class after class: no more than the largest class
 * has, and where another has fewer, they come again.
 */
export function classImages(
  { train, classNames }: ImageDataset,
  wanted: number,
): { indices: number[]; present: number[] } {
  const { labels, count } = train;
  const classes = labels && classNames ? classNames.length : 1;
  const rows: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < count; i++) rows[labels && classNames ? labels[i] : 0].push(i);
  const present = rows.flatMap((list, c) => (list.length > 0 ? [c] : []));
  const each = Math.min(Math.ceil(wanted / present.length), Math.max(...rows.map((list) => list.length)));
  // Spread over each class, whose images may be sorted
  const spread = (list: number[]) => Array.from({ length: each }, (_, i) => list[Math.floor((i * list.length) / each)]);
  return { indices: present.flatMap((c) => spread(rows[c])), present };
}
