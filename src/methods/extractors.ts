import type { CompileOptions } from "../runtime/index.js";
import { ClassifierModel } from "./classifier/model.js";
import { readModel } from "./shared/model-files.js";

/** A feature space that images are compared in. */
export interface Extractor {
  /** How reports call it. */
  name: string;
  dim: number;
  /** Features [count, dim] of images [count, C, H, W] in [−1, 1]; logits too where it classifies. */
  extract(images: Float32Array, count: number): Promise<{ features: Float32Array; logits: Float32Array | null }>;
  release(): Promise<void>;
}

/** The shipped (or given) classifier as an extractor. */
export async function classifierExtractor(location: string, options?: CompileOptions): Promise<Extractor> {
  const files = await readModel(location);
  if (files.config.method !== "classifier") throw new Error(`${location} is a "${files.config.method}" model, not a classifier.`);
  const model = new ClassifierModel(files, options);
  return {
    name: files.config.name,
    dim: model.network.features,
    async extract(images, count) {
      const size = images.length / count;
      return model.judge(count, (from, to) => images.subarray(from * size, to * size));
    },
    release: () => model.release(),
  };
}

/** The extractor of a name: the shipped classifier of the data, or a classifier's folder. */
export async function extractorFor(name: string, dataset: { id: string }, options?: CompileOptions): Promise<Extractor> {
  return classifierExtractor(name === "classifier" ? `classifier-${dataset.id}` : name, options);
}
