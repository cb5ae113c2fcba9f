import type { ImageDataset } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { weightsFrom } from "../../recipes/beginning.js";
import { trainModel } from "../../recipes/training.js";
import type { TrainOptions } from "../../train/index.js";
import { driftingArchitecture } from "./architecture.js";
import { driftingRecipe } from "./recipe.js";
import type { DriftingSettings } from "./settings.js";

/**
 * Trains a drifting model by `driftingRecipe`, from the weights of `settings.from` where it names a model. Writes checkpoints, logs and `model/` into the run's folder.
 */
export async function trainDrifting(dataset: ImageDataset, settings: DriftingSettings, options: TrainOptions) {
  const { recipe, stages, preview } = driftingRecipe(dataset, settings, options);
  const { from } = recipe.settings;
  if (from !== null && !options.from)
    // what goes on from a run has its weights
    nn.join(recipe.net).load(
      await weightsFrom(from, "drifting", driftingArchitecture, {
        shape: recipe.shape,
        classNames: dataset.classNames,
      }),
    );
  return trainModel({ ...recipe, options }, stages, preview);
}
