import { features, fitPca, pcaFeatures } from "../../metrics/index.js";
import { releasable } from "../../runtime/index.js";
import type { Extractor } from "./extractor.js";

/** Variances are then right to a millionth of the largest; the last ones of photographs converge slowly. */
const TOLERANCE = 1e-6;

/**
 * A space that no network made: coordinates along the 64 principal components (or fewer) of `images` [count, size], the
 * reference images' pixels.
 */
export function pixelPca(images: Float32Array, count: number): Extractor {
  const size = images.length / count;
  const pca = fitPca(features(images, size), { tolerance: TOLERANCE });
  const dim = pca.variances.length;
  return releasable({
    name: `pixel PCA ${dim}`,
    preprocessing: "pixels in [−1, 1], projected on the principal components of the reference images",
    dim,
    async extract(samples: Float32Array, n: number, { signal }: { signal?: AbortSignal } = {}) {
      signal?.throwIfAborted();
      if (samples.length !== n * size) throw new Error(`${n} images have ${n * size} pixels, got ${samples.length}.`);
      return { features: pcaFeatures(pca, features(samples, size)).data, logits: null };
    },
    release: async () => {},
  });
}
