import type { ImageDataset } from "../data/index.js";
import type { CompileOptions } from "../runtime/index.js";
import { presets as driftingPresets } from "./drifting/config.js";
import { DriftingModel } from "./drifting/sampler.js";
import { trainDrifting } from "./drifting/train.js";
import { presets as flowPresets } from "./flow/config.js";
import { FlowModel } from "./flow/sampler.js";
import { trainFlow } from "./flow/train.js";
import type { Images } from "./shared/images.js";
import { type ModelFiles, readModel } from "./shared/model-files.js";
import type { TrainOptions } from "./shared/training.js";

/** Options that every image model understands; a method adds its own. */
export interface CommonSampleOptions {
  count?: number;
  label?: string | number | readonly (string | number)[];
  guidance?: number;
  /** Network evaluations, for methods that take several. */
  steps?: number;
  seed?: number;
}

/** A loaded model that draws images. */
export interface ImageModel {
  readonly method: string;
  readonly config: ModelFiles["config"];
  readonly classNames: readonly string[] | null;
  sample(options?: CommonSampleOptions): Promise<Images>;
  /** Network evaluations per image for these options. */
  nfe(options?: CommonSampleOptions): number;
  /** The network as an ONNX model for a fixed batch. */
  toOnnx(batch?: number): Uint8Array;
  release(): Promise<void>;
}

interface Method {
  summary: string;
  presets: Record<string, object>;
  load(files: ModelFiles, options?: CompileOptions): ImageModel;
  train(dataset: ImageDataset, config: never, options: TrainOptions): ReturnType<typeof trainDrifting>;
}

/** The image methods by name: what the command line and `loadModel` know. */
export const methods: Record<string, Method> = {
  drifting: {
    summary: "one-step generation; the drift happens at training time (2602.04770)",
    presets: driftingPresets,
    load: (files, options) => new DriftingModel(files, options),
    train: trainDrifting,
  },
  flow: {
    summary: "flow matching, the many-step baseline",
    presets: flowPresets,
    load: (files, options) => new FlowModel(files, options),
    train: trainFlow,
  },
};

/** Loads a model by shipped name, folder (of a model or a training run) or URL. */
export async function loadModel(location: string, options?: CompileOptions): Promise<ImageModel> {
  const files = await readModel(location);
  const method = methods[files.config.method];
  if (!method) throw new Error(`${location}: the method "${files.config.method}" is not known; this version has ${Object.keys(methods).join(", ")}.`);
  return method.load(files, options);
}
