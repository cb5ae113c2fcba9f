import type { ImageDataset, TextDataset } from "../../data/index.js";
import { pixelSequences, type TokenData } from "../../data/tokens/sequences.js";
import { WrongUse } from "../../io/wrong-use.js";
import { trainableShape } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { weightsFrom } from "../../recipes/beginning.js";
import { modelConfig, previewer } from "../../recipes/recipe.js";
import { type LearntText, learntText, trainModel } from "../../recipes/training.js";
import { computeOf } from "../../runtime/index.js";
import { type TrainOptions, trainingCompute } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { distillationStage } from "./distillation-stage.js";
import { DiscreteImageModel } from "./image-model.js";
import { discreteArchitecture, discreteNetwork } from "./network.js";
import { type DiscreteSettings, discreteSettings } from "./settings.js";
import type { DiscreteShape } from "./shape.js";
import { discreteStage } from "./stages.js";
import { TextModel } from "./text-model.js";

/** A data set as the tokens that the settings ask for. */
export async function tokenData(
  dataset: ImageDataset | TextDataset,
  config: DiscreteSettings,
  { onProgress }: Pick<TrainOptions, "onProgress"> = {},
): Promise<TokenData | LearntText> {
  if (dataset.kind === "text") return learntText(dataset, config, { onProgress });
  if (config.tokens.kind !== "pixels")
    throw new WrongUse(
      `The data "${dataset.id}" are images; take the preset pixels, or set tokens={"kind":"pixels","levels":2}.`,
    );
  return pixelSequences(dataset, config.tokens.levels);
}

/** The network's shape for a data set. */
export function shapeFor(
  dataset: ImageDataset | TextDataset,
  data: TokenData,
  config: DiscreteSettings,
): DiscreteShape {
  const image =
    dataset.kind === "images"
      ? { height: dataset.height, width: dataset.width, channels: dataset.channels }
      : undefined;
  const classes = dataset.kind === "images" ? (dataset.classNames?.length ?? 0) : 0;
  const { process, schedule, network } = config;
  const { vocabulary, length } = data;
  return trainableShape(discreteArchitecture, { process, schedule, vocabulary, length, image, classes, network });
}

/**
 * Trains a discrete diffusion model on text or pixels, then distils it where that is asked for. Writes checkpoints,
 * logs and `model/` into the run's folder.
 */
export async function trainDiscrete(
  dataset: ImageDataset | TextDataset,
  settings: DiscreteSettings,
  options: TrainOptions,
) {
  const config = parseSettings(discreteSettings, settings);
  const data = await tokenData(dataset, config, options);
  const shape = shapeFor(dataset, data, config);
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, new Random(config.seed, "discrete").uint32());
  const classNames = "classNames" in dataset ? dataset.classNames : null;
  if (config.from !== null && !options.from)
    // what goes on from a run has its weights
    parameters.load(await weightsFrom(config.from, "discrete", discreteArchitecture, { shape, classNames }));
  const compute = trainingCompute(options);
  const tokenizer = "tokenizer" in data ? data.tokenizer : undefined;
  const recipe = {
    method: "discrete",
    dataset,
    options,
    settings: config,
    shape,
    net,
    tokenizer,
    notes: "notes" in data ? data.notes : [],
  };
  const live = { freeze: false, ...computeOf(options) };
  const preview = tokenizer
    ? new TextModel(modelConfig(recipe), shape, net, tokenizer, live)
    : new DiscreteImageModel(modelConfig(recipe), shape, net, live);
  const sample = tokenizer
    ? previewer(preview, { steps: Math.min(64, shape.length) })
    : previewer(preview, { steps: 32 }, shape.length * shape.vocabulary > 1e5 ? 2 : 8); // many levels take long
  const context = { data, config, shape, net, ...compute, sample };
  const stages = config.training.steps > 0 ? [() => discreteStage(context)] : [];
  if (config.distillation.rounds > 0) {
    if (config.process !== "uniform")
      throw new Error("Distillation needs uniform noise; leave out distillation.rounds.");
    stages.push(() => distillationStage(context));
  }
  return trainModel(recipe, stages, preview);
}
