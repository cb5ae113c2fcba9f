import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import { loadedNetwork } from "../models/architecture.js";
import {
  drawingWeights,
  type LoadOptions,
  type ModelConfig,
  type ModelSource,
  NoSuchModel,
  readModel,
  sourceName,
} from "../models/files.js";
import { type AnyGenerator, type Generators, type Kind, requireKind, type TextGenerator } from "../models/generator.js";
import { methodOf, methods } from "./registry.js";

/**
 * Loads a model that draws, by shipped name, folder (of a model or a training run) or URL, or from its files. With `kind` ("image",
 * "text", "motion" or "gesture") it must draw that, and the type says so; without, `kind` of the result tells.
 */
export function loadModel<K extends Kind>(
  location: ModelSource,
  options: LoadOptions & { kind: K },
): Promise<Generators[K]>;
export function loadModel(location: ModelSource, options?: LoadOptions & { kind?: Kind }): Promise<AnyGenerator>;
export async function loadModel(
  location: ModelSource,
  given: LoadOptions & { kind?: Kind } = {},
): Promise<AnyGenerator> {
  if (given === null) throw new OptionError("The options of loadModel are an object, got null.");
  const { kind, ...options } = given;
  requireKind(kind);
  const choose = (config: ModelConfig) => drawing(location, config, kind).architecture;
  const files = await readModel(location, choose, drawingWeights(location, options));
  const { architecture, load } = drawing(location, files.config, kind);
  return load!(loadedNetwork(architecture, files), options);
}

/** Loads a model of text: `loadModel` with the kind "text". */
export const loadTextModel = (location: ModelSource, options?: LoadOptions): Promise<TextGenerator> =>
  loadModel(location, { ...options, kind: "text" });

/** What a model draws, by its description; null where it draws nothing. */
export const draws = ({ method, text, motion, gesture }: ModelConfig): Kind | null =>
  !methodOf(method)?.load ? null : text ? "text" : motion ? "motion" : gesture ? "gesture" : "image";

/** The method of a model that draws, of the kind that is wanted. @throws NoSuchModel */
function drawing(source: ModelSource, config: ModelConfig, wanted?: Kind) {
  const location = sourceName(source);
  const kind = draws(config);
  if (methodOf(config.method)?.answers)
    throw new NoSuchModel(
      `${location} draws nothing: it answers questions about pictures (fewstep ask, or createAnswerer on a page).`,
    );
  const names = Object.keys(methods).filter((name) => methods[name].load);
  if (kind === null)
    throw new NoSuchModel(`${location}: a ${show(config.method)} model draws nothing; ${names.join(", ")} models do.`);
  if (wanted !== undefined && kind !== wanted) throw new NoSuchModel(`${location} draws ${kind}s, not ${wanted}s.`);
  return methodOf(config.method)!;
}
