import { type ImageDataset, toFloat } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import { type Compute, compile, computeOf } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { classImages, fitProjection, type Projection, project, rawFamilies } from "./families.js";
import { type ClassMoments, rawMoments, withinClasses } from "./moments.js";

/** Images that the principal components are fitted to, and that the moments are of; every class alike. */
const FITTED = 3000;
const MEASURED = 20_000;
const BATCH = 500;

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
  const families = rawFamilies(features);
  const vectors = (images: Tensor) => Object.fromEntries(families(images).map(({ name, vectors }) => [name, vectors]));
  const fitted = await extract(dataset, classImages(dataset, FITTED).indices, vectors, compute);
  const projections = Object.entries(fitted).map(([name, { values, size }]) => fitProjection(name, values, size));
  const { indices, present } = classImages(dataset, MEASURED);
  const measured = await extract(
    dataset,
    indices,
    (images) => {
      const raw = vectors(images);
      return Object.fromEntries(projections.map((one) => [one.name, project(raw[one.name], one)]));
    },
    compute,
  );
  return projections.map((projection) => {
    const { values, size: dim } = measured[projection.name];
    return { projection, moments: withinClasses(rawMoments({ values, classes: present.length, dim }), dim) };
  });
}

/** What a graph makes of some training images, row after row. */
async function extract(
  { train, channels, height, width }: ImageDataset,
  indices: readonly number[],
  build: (images: Tensor) => Record<string, Tensor>,
  compute: Compute,
): Promise<Record<string, { values: Float32Array; size: number }>> {
  const batch = Math.min(BATCH, indices.length);
  const program = compile({ images: [batch, channels, height, width] }, ({ images }) => build(images), {
    ...computeOf(compute),
    freeze: true,
  });
  const found: Record<string, { values: Float32Array; size: number }> = {};
  for (let at = 0; at < indices.length; at += batch) {
    const start = Math.min(at, indices.length - batch); // the last batch overlaps the one before it
    const rows = await program.run({ images: toFloat(train, indices.slice(start, start + batch)) });
    for (const [name, values] of Object.entries(rows)) {
      const size = values.length / batch;
      found[name] ??= { values: new Float32Array(indices.length * size), size };
      found[name].values.set(values, start * size);
    }
  }
  await program.release();
  return found;
}
