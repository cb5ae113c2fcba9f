import { join } from "node:path";
import type { ImageDataset } from "../data/index.js";
import type { DataReport } from "../data/report.js";
import * as nn from "../nn/index.js";
import {
  dataDifferences,
  type Kept,
  RunError,
  readCheckpoint,
  readConfig,
  readDataRecord,
  type Stage,
} from "../train/index.js";
import { hasClasses } from "./features.js";
import type { RunConfig } from "./recipe.js";

/** Networks to take, by the stage of the other run that ended with them: `features` (or `mae`), `autoencoder`. */
export type Reused = Record<string, Record<string, nn.Parameterized>>;

/** Stages of one step each that copy trained networks; a run that has made the copy no longer needs the source. */
export interface Reuse {
  stages: (() => Stage)[];
  /**
   * Throws `RunError` where the source is no run on this data, has not finished these stages or has networks of another
   * shape; otherwise the networks hold its weights.
   */
  check(): Promise<void>;
}

/** The stage that leaves a feature network learned by `task` on this data. */
export const featureStageName = (task: string, dataset: ImageDataset): string =>
  hasClasses(dataset) && task.endsWith("classifier") ? "features" : "mae";

/**
 * Networks of the run in the folder `from`, as they were at the end of their own stages, before any joint one. The time
 * that training them took is not counted again. `data` is what this run is on, by name or path and by content, `setting`
 * the name of the setting that asked.
 */
export function reuse(
  from: string,
  networks: Reused,
  data: { place: string; report?: DataReport },
  setting: string,
): Reuse {
  const copies = Object.entries(networks).map(([stage, parts]) => ({
    stage,
    parameters: () => nn.join(nn.module(parts)),
  }));
  return {
    stages: copies.map(({ stage, parameters }) => () => {
      const kept = { parameters: parameters() };
      return {
        name: stage,
        steps: 1,
        batch: 1,
        state: kept,
        async step() {
          await copyStage(from, stage, kept, setting);
          return {};
        },
      };
    }),
    async check() {
      const source = (await readConfig(from)) as RunConfig;
      const before = data.report?.path ? await readDataRecord(from) : null;
      const same = before ? before.sha256 === data.report!.sha256 : source.data === data.place;
      if (!same)
        throw new RunError(
          `${setting}: the run in ${from} was trained on ${source.data}, this one is on ${data.place}` +
            `${before ? `, and these differ: ${dataDifferences(before, data.report!)}` : ""}.`,
        );
      for (const { stage, parameters } of copies) await copyStage(from, stage, { parameters: parameters() }, setting);
    },
  };
}

/** Puts `kept` to what the finished `stage` of the run in `from` keeps under these names; `setting` asked for it. */
export async function copyStage(
  from: string,
  stage: string,
  kept: Record<string, Kept>,
  setting: string,
): Promise<void> {
  const path = join(from, "checkpoints", `stage-${stage}.safetensors`);
  const checkpoint = await readCheckpoint(path).catch((error: Error) => {
    throw new RunError(`${setting}: the run in ${from} has no finished stage "${stage}". ${error.message}`, {
      cause: error,
    });
  });
  try {
    checkpoint.restore(kept);
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    throw new RunError(
      `${setting}: the stage "${stage}" of ${from} has another network (${message}). Give this run the same settings of it.`,
      { cause: error },
    );
  }
}
