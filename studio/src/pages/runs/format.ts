import type { RunState, RunSummary } from "./runs.svelte.js";

/** 3723 becomes "1 h 02 min". */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  const minutes = Math.round(s / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

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

/** A number with few digits: 0.01234 becomes "0.0123". */
export const figure = (value: number): string => String(Number(value.toPrecision(3)));
