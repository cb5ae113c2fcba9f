import type { FeatureNet } from "../../networks/feature-net.js";
import type { Tensor } from "../../tensor/index.js";
import { type Family, fineFamilies, groupPlaces, pixelFamilies, stageFamilies } from "./families.js";
import { type DriftLoss, type DriftLossOptions, normalizedDriftLoss } from "./objective.js";

/**
 * All families of images: their pixels, where it is asked for their fine structure, and where there is one the stages of a
 * frozen feature network.
 */
export const imageFamilies =
  (features: FeatureNet | null, { fine = false } = {}) =>
  (images: Tensor): Family[] => [
    ...pixelFamilies(images),
    ...(fine ? fineFamilies(images) : []),
    ...(features ? stageFamilies(features(images)) : []),
  ];

/** As of one family; `independent`: families of generated images that repel, as many as or more or fewer than those that move. */
export type ImageDriftOptions = Omit<DriftLossOptions, "independent"> & { independent?: Family[] };

/**
 * Sum of the normalised drift losses of all families of generated images [groups·G, …] against positives [groups·P, …]
 * and, shared by the groups, unconditional negatives with one weight per group [groups, 1]; with what is worth logging
 * of the first family.
 */
export function imageDriftLoss(
  gen: Family[],
  positives: Family[],
  negatives: { families: Family[]; weight: Tensor } | null,
  groups: number,
  { independent, ...drift }: ImageDriftOptions,
) {
  const losses = gen.map(({ vectors }, i): DriftLoss => {
    const places = vectors.shape[1];
    const real = groupPlaces(positives[i].vectors, groups);
    const options = independent ? { ...drift, independent: groupPlaces(independent[i].vectors, groups) } : drift;
    if (!negatives) return normalizedDriftLoss(groupPlaces(vectors, groups), real, undefined, options);
    // The pool of unconditional images is shared by the groups.
    const [n, v, s] = negatives.families[i].vectors.shape;
    const samples = negatives.families[i].vectors
      .transpose([1, 0, 2])
      .unsqueeze(0)
      .broadcastTo([groups, v, n, s])
      .reshape([groups * v, n, s]);
    const weights = negatives.weight.broadcastTo([groups, places]).reshape([groups * places, 1]);
    return normalizedDriftLoss(groupPlaces(vectors, groups), real, { samples, weights }, options);
  });
  const [{ scale, power, temperature }] = losses;
  const loss = losses.map((l) => l.loss).reduce((a, b) => a.add(b));
  return { loss, scale, power, ...(temperature && { temperature }) };
}
