import type { ImageDataset } from "../../data/index.js";
import { beginWith, weightsFrom } from "../../recipes/beginning.js";
import { trainModel } from "../../recipes/training.js";
import type { TrainOptions } from "../../train/index.js";
import { driftingArchitecture } from "./architecture.js";
import { driftingRecipe } from "./recipe.js";
import type { DriftingSettings } from "./settings.js";

/** Weights of a model of the recipe's shape; where that takes noise for every pixel, one without is such a model too. */
const weightsLike = (
  { shape, dataset: { classNames } }: ReturnType<typeof driftingRecipe>["recipe"],
  location: string,
) =>
  weightsFrom(location, "drifting", driftingArchitecture, { shape, classNames }, (one) =>
    shape.pixelNoise ? { ...one, pixelNoise: true } : one,
  );

/**
 * Trains a drifting model by `driftingRecipe`, from the weights of `settings.from` where it names a model. Writes checkpoints, logs and `model/` into the run's folder.
 */
export async function trainDrifting(dataset: ImageDataset, settings: DriftingSettings, options: TrainOptions) {
  const { recipe, stages, preview } = driftingRecipe(dataset, settings, options);
  const { from } = recipe.settings;
  if (from !== null && !options.from)
    // what goes on from a run has its weights
    beginWith(recipe.net, await weightsLike(recipe, from));
  return trainModel({ ...recipe, options }, stages, preview);
}
