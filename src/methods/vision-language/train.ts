import { LONGEST, type SceneDataset, WORDS } from "../../data/scenes/index.js";
import { WrongUse } from "../../io/wrong-use.js";
import { trainableShape } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { trainModel } from "../../recipes/training.js";
import type { TrainOptions } from "../../train/index.js";
import type { MadeStage } from "../../train/loop.js";
import { parseSettings } from "../../train/settings.js";
import { visionLanguageArchitecture, visionLanguageNetwork } from "./network.js";
import { type Reinforced, reinforcementStage } from "./reinforcement.js";
import { type VisionLanguageSettings, visionLanguageSettings } from "./settings.js";
import { visionLanguageStage } from "./stages.js";

/** The network's shape for a data set. */
export const shapeFor = ({ height, width, channels }: SceneDataset, { network }: VisionLanguageSettings) =>
  trainableShape(visionLanguageArchitecture, {
    image: { height, width, channels },
    words: [...WORDS],
    length: LONGEST.question + 1 + LONGEST.answer,
    ...network,
  });

/** Trains a vision-language model on scenes; writes checkpoints, logs and `model/` into the run's folder. */
export async function trainVisionLanguage(
  dataset: SceneDataset,
  settings: VisionLanguageSettings,
  options: TrainOptions,
) {
  const config = parseSettings(visionLanguageSettings, settings);
  if (Object.values(config.mixture).every((weight) => weight === 0))
    throw new WrongUse("Every skill of mixture is 0: there is nothing to learn.");
  const unknown = config.without.find((word) => !WORDS.includes(word));
  if (unknown !== undefined)
    throw new WrongUse(`without names "${unknown}", which is no word of ${dataset.id}; these are ${WORDS.join(", ")}.`);
  const shape = shapeFor(dataset, config);
  const net = visionLanguageNetwork(shape);
  nn.initialize(net, new Random(config.seed, "vision-language").uint32());
  const recipe = { method: "vision-language", dataset, options, settings: config, shape, net };
  const context = { dataset, config, shape, net, ...options };
  const stages: MadeStage[] = [() => visionLanguageStage(context)];
  if (config.reinforcement.steps === 0) return trainModel(recipe, stages);
  let record: (() => Reinforced) | undefined;
  const reinforced = () => {
    const made = reinforcementStage(context);
    record = made.record;
    return made.stage;
  };
  return trainModel(recipe, [...stages, reinforced], undefined, async ({ config: { training } }) => {
    training.reinforcement = record?.();
  });
}
