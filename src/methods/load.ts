import type { CompileOptions } from "../runtime/index.js";
import { DiscreteImageModel } from "./discrete/model.js";
import type { TextModel } from "./discrete/text-model.js";
import { DriftingModel } from "./drifting/sampler.js";
import { FlowModel } from "./flow/sampler.js";
import type { Images } from "./shared/images.js";
import { type ModelFiles, readModel } from "./shared/model-files.js";
import { SphereModel } from "./sphere/sampler.js";

// Loading and sampling only, so that a browser bundle carries no training.

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
  /** Throws where an option is out of its range, or has no effect on this model's samples. */
  check(options?: CommonSampleOptions): void;
  sample(options?: CommonSampleOptions): Promise<Images>;
  /** Levels that a pixel can have, for models that draw such; what they are compared with is rounded to them. */
  readonly levels?: number;
  /** What the model keeps of pictures, for models that can encode. */
  reconstruct?(images: Images): Promise<Images>;
  /** Network evaluations per image for these options. */
  nfe(options?: CommonSampleOptions): number;
  /** The network as an ONNX model for a fixed batch. */
  toOnnx(batch?: number): Uint8Array;
  release(): Promise<void>;
}

/** Methods whose models draw images. */
const loaders: Record<string, (files: ModelFiles, options?: CompileOptions) => ImageModel> = {
  drifting: (files, options) => new DriftingModel(files, options),
  sphere: (files, options) => new SphereModel(files, options),
  discrete: (files, options) => new DiscreteImageModel(files, options),
  flow: (files, options) => new FlowModel(files, options),
};

/** What a model draws, by its description; classifiers draw nothing. */
export const draws = ({ method, text }: ModelFiles["config"]): "images" | "text" | null =>
  !Object.hasOwn(loaders, method) ? null : text ? "text" : "images";

/** Loads a model by shipped name, folder (of a model or a training run) or URL. */
export async function loadModel(location: string, options?: CompileOptions): Promise<ImageModel> {
  const files = await readModel(location);
  const { method } = files.config;
  const what = draws(files.config);
  if (what !== "images")
    throw new Error(
      what === "text"
        ? `${location} draws text: load it with loadTextModel.`
        : `${location}: a "${method}" model draws no images; ${Object.keys(loaders).join(" and ")} models do.`,
    );
  return loaders[method](files, options);
}

/** Loads a model of text by shipped name, folder or URL. */
export async function loadTextModel(location: string, options?: CompileOptions): Promise<TextModel> {
  const files = await readModel(location);
  if (draws(files.config) !== "text") throw new Error(`${location}: a "${files.config.method}" model draws no text.`);
  const { TextModel } = await import("./discrete/text-model.js");
  return TextModel.from(files, options);
}
