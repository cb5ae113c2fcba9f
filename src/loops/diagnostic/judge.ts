import { existsSync, realpathSync } from "node:fs";
import { resolve, sep } from "node:path";
import { WrongUse } from "../../io/wrong-use.js";
import {
  type Extractor,
  type ExtractorData,
  type ExtractorOptions,
  extractorFor,
} from "../../judges/extractors/index.js";
import type { ModelConfig } from "../../models/files.js";

/**
 * The judge of a diagnosis by name, as `extractorFor` has them: never pixels, which models are trained on, and never a
 * network of the run that trained the model or of one that this took networks from.
 * @throws WrongUse
 */
export async function independentJudge(
  name: string,
  data: ExtractorData,
  model: { location: string; config: ModelConfig },
  options?: ExtractorOptions,
): Promise<Extractor> {
  if (name === "pixel-pca")
    throw new WrongUse(
      "A diagnosis needs features that no model is trained on, and models are trained on pixels: take --features classifier, " +
        "resnet50-imagenet, the folder of a trained classifier, or an .onnx file.",
    );
  const own = [model.location, ...textsIn(model.config.training.settings)];
  const place = placeOf(name);
  if (place !== null && own.some((folder) => isInside(place, placeOf(folder))))
    throw new WrongUse(
      `${name} belongs to what ${model.config.name} was trained with, and would judge itself: give another judge with --features.`,
    );
  return (await extractorFor(name, data, options))!;
}

const placeOf = (path: string): string | null => (existsSync(path) ? realpathSync(resolve(path)) : null);
const isInside = (path: string, folder: string | null): boolean =>
  folder !== null && (path === folder || path.startsWith(`${folder}${sep}`));

/** Every text in the settings of a run: folders of other runs are among them. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
