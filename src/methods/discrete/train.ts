import { join } from "node:path";
import type { ImageDataset, TextDataset } from "../../data/index.js";
import { pixelSequences, type TextData, type TokenData } from "../../data/tokens/sequences.js";
import { textSequences } from "../../data/tokens/text-sequences.js";
import { trainableShape } from "../../models/architecture.js";
import { type ModelConfig, type ModelFiles, readModel, writeModel } from "../../models/files.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { modelConfig, runConfig, type TrainOptions } from "../../recipes/training.js";
import { runStages, type Stage } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { distillationStage } from "./distillation-stage.js";
import { DiscreteImageModel } from "./model.js";
import { discreteArchitecture, discreteNetwork } from "./network.js";
import { type DiscreteConfig, type DiscreteShape, discreteConfig, discreteShape } from "./settings.js";
import { discreteStage } from "./stages.js";
import { TextModel } from "./text-model.js";

/** A data set as the tokens that the settings ask for. */
export async function tokenData(
  dataset: ImageDataset | TextDataset,
  config: DiscreteConfig,
): Promise<TokenData | TextData> {
  if (dataset.kind === "text") return textSequences(dataset, config);
  if (config.tokens.kind !== "pixels")
    throw new Error(
      `The data "${dataset.id}" are images; take the preset pixels, or set tokens={"kind":"pixels","levels":2}.`,
    );
  return pixelSequences(dataset, config.tokens.levels);
}

/** The network's shape for a data set. */
export function shapeFor(dataset: ImageDataset | TextDataset, data: TokenData, config: DiscreteConfig): DiscreteShape {
  const image =
    dataset.kind === "images"
      ? { height: dataset.height, width: dataset.width, channels: dataset.channels }
      : undefined;
  const classes = dataset.kind === "images" ? (dataset.classNames?.length ?? 0) : 0;
  const { process, schedule, network } = config;
  const { vocabulary, length } = data;
  return trainableShape(discreteArchitecture, { process, schedule, vocabulary, length, image, classes, network });
}

/** Weights of a trained model of this shape; throws where its shape is another. */
async function weightsOf(location: string, shape: DiscreteShape): Promise<ModelFiles["weights"]> {
  const choose = ({ method, network }: ModelConfig) => {
    const own = discreteShape.safeParse(network);
    if (method !== "discrete" || !own.success) throw new Error(`from: ${location} is no discrete diffusion model.`);
    const [theirs, ours] = [own.data, shape].map((one) => JSON.stringify(one));
    if (theirs === ours) return discreteArchitecture;
    throw new Error(`from: ${location} has another shape, ${theirs}, than these settings and data, ${ours}.`);
  };
  return (await readModel(location, choose)).weights;
}

/**
 * Trains a discrete diffusion model on text or pixels, then distils it where that is asked for. Writes checkpoints, logs and `model/`
 * into the run's folder.
 */
export async function trainDiscrete(
  dataset: ImageDataset | TextDataset,
  settings: DiscreteConfig,
  options: TrainOptions,
) {
  const config = parseSettings(discreteConfig, settings);
  const data = await tokenData(dataset, config);
  const shape = shapeFor(dataset, data, config);
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, new Random(config.seed, "discrete").uint32());
  if (config.from !== null) parameters.load(await weightsOf(config.from, shape));
  const { threads } = options;
  const tokenizer = "tokenizer" in data ? data.tokenizer : null;
  const files = (result: { status: "finished"; seconds: number; step: number }): ModelFiles => ({
    config: {
      ...modelConfig("discrete", dataset, options, shape, result as never, config),
      ...(tokenizer
        ? { text: { tokenizer: tokenizer.toJSON(), lines: dataset.kind === "text" && dataset.lines } }
        : {}),
    },
    weights: parameters.toRecord(),
  });

  const sample: Stage["sample"] = async () => {
    const draft = files({ status: "finished", seconds: 0, step: 0 });
    if (tokenizer) {
      const model = new TextModel(draft, tokenizer, { threads });
      const texts = await model.sample({ count: model.lines ? 40 : 8, steps: Math.min(64, shape.length) });
      await model.release();
      return { texts };
    }
    const model = new DiscreteImageModel(draft, { threads });
    const columns = shape.length * shape.vocabulary > 1e5 ? 2 : 8; // many levels in colour take long
    const rows = Math.max(1, Math.min(shape.classes, 10));
    const names = model.classNames?.slice(0, rows);
    const label = names?.flatMap((name) => new Array<string>(columns).fill(name));
    const { pixels, shape: size } = await model.sample({ count: columns * rows, label, steps: 32 });
    await model.release();
    return { pixels, shape: size, columns, labels: names };
  };

  const context = { data, config, shape, net, threads, sample };
  const stages = config.training.steps > 0 ? [() => discreteStage(context)] : [];
  if (config.distillation.rounds > 0) {
    if (config.process !== "uniform")
      throw new Error("Distillation needs uniform noise; leave out distillation.rounds.");
    stages.push(() => distillationStage(context));
  }
  const result = await runStages(stages, { ...options, config: runConfig("discrete", dataset, options, config) });
  if (result.status === "finished")
    await writeModel(join(options.out, "model"), files({ ...result, status: "finished" }));
  return result;
}
