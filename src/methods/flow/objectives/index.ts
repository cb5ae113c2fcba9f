import { drawTimes, flowLoss } from "../objective.js";
import type { ObjectiveName, ObjectiveSettings } from "../settings.js";
import { alphaFlow } from "./alpha-flow.js";
import { consistency } from "./consistency.js";
import type { Objective } from "./objective.js";
import { shortcut } from "./shortcut.js";

export type { Objective } from "./objective.js";

const flow: Objective<ObjectiveSettings<"flow">> = {
  inputs: (batch) => ({ time: [batch] }),
  split: (batch) => ({ rows: batch }),
  loss: (velocity, { data, noise, time, labels }) => flowLoss(velocity, data, noise, time, labels),
  next: (random, batch) => ({ time: drawTimes(random, batch) }),
};

/** The objectives by name: a new one is an entry here, in the settings and in what a file keeps. */
const objectives: { [K in ObjectiveName]: Objective<ObjectiveSettings<K>> } = {
  flow,
  "alpha-flow": alphaFlow,
  shortcut,
  consistency,
};

/** The objective that settings name. */
export const objectiveOf = <S extends ObjectiveSettings>({ kind }: S): Objective<S> =>
  objectives[kind] as unknown as Objective<S>;
