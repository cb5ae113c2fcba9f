import type { ImageDataset } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import type { Compute } from "../../runtime/index.js";
import { overImages } from "../over-images.js";
import { classImages, fitProjection, type Projection, projectedFamilies, rawFamilies } from "./families.js";
import { type ClassMoments, rawMoments, withinClasses } from "./moments.js";

/** Images that the principal components are fitted to, and that the moments are of; every class alike. */
const FITTED = 3000;
const MEASURED = 20_000;

/** One family as real images have it. */
export interface RealFamily {
  projection: Projection;
  moments: ClassMoments;
}

/** Projections and moments of all families of the training images. Classes are those that have images, in their order. */
export async function realFamilies(
  dataset: ImageDataset,
  features: FeatureNet | null,
  compute: Compute,
): Promise<RealFamily[]> {
  const { train } = dataset;
  const { indices: fitted } = classImages(dataset, FITTED);
  const raw = await overImages(train, dataset, fitted, rawFamilies(features), compute);
  const projections = Object.entries(raw).map(([name, values]) =>
    fitProjection(name, values, values.length / fitted.length),
  );
  const { indices, present } = classImages(dataset, MEASURED);
  const measured = await overImages(train, dataset, indices, projectedFamilies(features, projections), compute);
  return projections.map((projection) => {
    const { name, dim } = projection;
    const moments = rawMoments({ values: measured[name], classes: present.length, dim });
    return { projection, moments: withinClasses(moments, dim) };
  });
}
