import type { ImageDataset } from "../../data/index.js";
import { trainModel } from "../../recipes/training.js";
import type { TrainOptions } from "../../train/index.js";
import { driftingRecipe } from "./recipe.js";
import type { DriftingSettings } from "./settings.js";

/**
 * Trains a drifting model by `driftingRecipe`. Writes checkpoints, logs and `model/` into the run's folder.
 */
export async function trainDrifting(dataset: ImageDataset, settings: DriftingSettings, options: TrainOptions) {
  const { recipe, stages, preview } = driftingRecipe(dataset, settings, options);
  return trainModel({ ...recipe, options }, stages, preview);
}
