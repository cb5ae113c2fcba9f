import { shortened } from "../io/show.js";
import type { Images } from "../media/images.js";
import { type LoadOptions, type ModelConfig, NoSuchModel, readModel } from "../models/files.js";
import { DiscreteImageModel } from "./discrete/model.js";
import { discreteArchitecture } from "./discrete/network.js";
import type { TextModel } from "./discrete/text-model.js";
import { DriftingModel } from "./drifting/model.js";
import { generatorArchitecture } from "./drifting/network.js";
import { FlowModel } from "./flow/model.js";
import { flowArchitecture } from "./flow/network.js";
import { SphereModel } from "./sphere/model.js";
import { sphereArchitecture } from "./sphere/network.js";

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
export interface ImageModel extends AsyncDisposable {
  readonly method: string;
  readonly config: ModelConfig;
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

/** Methods whose models draw, and how these are rebuilt. */
const methods = {
  drifting: { architecture: generatorArchitecture, images: DriftingModel },
  sphere: { architecture: sphereArchitecture, images: SphereModel },
  discrete: { architecture: discreteArchitecture, images: DiscreteImageModel },
  flow: { architecture: flowArchitecture, images: FlowModel },
};

const isDrawing = (method: string): method is keyof typeof methods => Object.hasOwn(methods, method);

/** What a model draws, by its description; classifiers draw nothing. */
export const draws = ({ method, text }: ModelConfig): "images" | "text" | null =>
  !isDrawing(method) ? null : text ? "text" : "images";

/** A loaded model and what it draws. */
export type AnyModel =
  | { readonly draws: "images"; readonly model: ImageModel }
  | { readonly draws: "text"; readonly model: TextModel };

/** Loads any model that draws, by shipped name, folder (of a model or a training run) or URL. */
export async function loadAnyModel(location: string, options: LoadOptions = {}): Promise<AnyModel> {
  return load(location, ["images", "text"], options);
}

/** Loads a model of images, by shipped name, folder (of a model or a training run) or URL. */
export async function loadModel(location: string, options: LoadOptions = {}): Promise<ImageModel> {
  return (await load(location, ["images"], options)).model as ImageModel;
}

/** Loads a model of text, by shipped name, folder or URL. */
export async function loadTextModel(location: string, options: LoadOptions = {}): Promise<TextModel> {
  return (await load(location, ["text"], options)).model as TextModel;
}

async function load(location: string, wanted: readonly ("images" | "text")[], options: LoadOptions): Promise<AnyModel> {
  const choose = (config: ModelConfig) => {
    const { method } = config;
    const what = draws(config);
    if (what !== null && wanted.includes(what)) return methods[method as keyof typeof methods].architecture;
    const other = what === "text" ? "loadTextModel" : "loadModel";
    throw new NoSuchModel(
      what !== null
        ? `${location} draws ${what}: load it with ${other}.`
        : `${location}: a "${shortened(method)}" model draws no ${wanted.join(" and no ")}; ${Object.keys(methods).join(", ")} models do.`,
    );
  };
  const files = await readModel(location, choose, options);
  if (draws(files.config) === "images") {
    const { images } = methods[files.config.method as keyof typeof methods];
    return { draws: "images", model: new images(files, options) };
  }
  const { TextModel } = await import("./discrete/text-model.js");
  return { draws: "text", model: await TextModel.from(files, options) };
}
