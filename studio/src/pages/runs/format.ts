import type { RunState, RunSummary } from "./runs.svelte.js";

export const stateNames: Record<RunState, string> = {
  queued: "waiting",
  running: "training",
  interrupted: "paused",
  finished: "finished",
  failed: "failed",
};

export const stateOf = ({ state, ending, place }: RunSummary): string =>
  ending ? "saving" : state === "queued" ? `waiting, ${place === 1 ? "next" : `number ${place}`}` : stateNames[state];

/** How much of the run is done, 0 … 1, as if its stages were equally long; null where nobody can say. */
export function shareOf({ state, stages, stageNumber, stageStep, stageSteps }: RunSummary): number | null {
  if (state === "finished") return 1;
  if (!stages || !stageNumber || stageSteps === null) return null;
  return (stageNumber - 1 + (stageSteps > 0 ? stageStep / stageSteps : 1)) / stages;
}

/** Where a run is, in words. */
export function whereOf({ state, stage, stages, stageNumber, stageStep, stageSteps, step }: RunSummary): string {
  if (state === "finished") return `${step} steps`;
  if (!stage) return state === "running" ? "preparing" : "not begun";
  const of = stageSteps === null ? `step ${stageStep}` : `step ${stageStep} of ${stageSteps}`;
  return stages && stages > 1 ? `${stage} (${stageNumber} of ${stages}), ${of}` : of;
}
