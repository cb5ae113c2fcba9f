import { join } from "node:path";
import type { ImageDataset } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { Parameters } from "../../runtime/index.js";
import { RunError, readCheckpoint, readConfig, type Stage } from "../../train/index.js";
import type { Decoder, Encoder } from "../shared/autoencoder.js";
import type { FeatureNet } from "../shared/feature-net.js";
import type { RunConfig } from "../shared/training.js";

export interface ReusedNetworks {
  features: FeatureNet;
  encode: Encoder;
  decode: Decoder;
}

/** Stages of one step each that copy trained networks; a run that has made the copy no longer needs the source. */
export interface Reuse {
  stages: (() => Stage)[];
  /**
   * Throws `RunError` where the source is no run on this data, has not finished these stages or has networks of another shape;
   * otherwise the networks hold its weights.
   */
  check(): Promise<void>;
}

/**
 * Feature network and autoencoder of the run in the folder `from` (of drifting or of flow), as they were at the end of their own
 * stages, before any joint one. The time that training them took is not counted again. `data` is the id or path of this run's data.
 */
export function reuse(
  from: string,
  { features, encode, decode }: ReusedNetworks,
  task: string,
  dataset: ImageDataset,
  data: string,
): Reuse {
  const labelled = dataset.train.labels !== null && dataset.classNames !== null;
  const featureStage = labelled && task.endsWith("classifier") ? "features" : "mae";
  const copies = [
    { stage: featureStage, parameters: () => parametersOf({ features }) },
    { stage: "autoencoder", parameters: () => parametersOf({ encode, decode }) },
  ];
  return {
    stages: copies.map(({ stage, parameters }) => () => {
      const kept = { parameters: parameters() };
      return {
        name: stage,
        steps: 1,
        batch: 1,
        state: kept,
        async step() {
          await copy(from, stage, kept.parameters);
          return {};
        },
      };
    }),
    async check() {
      const source = (await readConfig(from)) as RunConfig;
      if (source.data !== data)
        throw new RunError(
          `autoencoderFrom: the run in ${from} was trained on ${source.data}, this one is on ${data}.`,
        );
      for (const { stage, parameters } of copies) await copy(from, stage, parameters());
    },
  };
}

const parametersOf = (parts: Record<string, FeatureNet | Encoder | Decoder>) =>
  new Parameters(nn.module(parts, () => {}).namedParameters());

async function copy(from: string, stage: string, parameters: Parameters): Promise<void> {
  const path = join(from, "checkpoints", `stage-${stage}.safetensors`);
  const checkpoint = await readCheckpoint(path).catch((error: Error) => {
    throw new RunError(`autoencoderFrom: the run in ${from} has no finished stage "${stage}". ${error.message}`, {
      cause: error,
    });
  });
  try {
    checkpoint.restore({ parameters });
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    throw new RunError(
      `autoencoderFrom: the stage "${stage}" of ${from} has another network (${message}). Give this run the same settings of ` +
        "features and autoencoder.",
      { cause: error },
    );
  }
}
