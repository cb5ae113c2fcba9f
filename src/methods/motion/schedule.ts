/** How noise falls over the blocks of a motion and the rows of its sampling. */
export interface Staircase {
  /** Blocks, at least 1. */
  readonly blocks: number;
  /** Steps that every block takes from noise to clean. */
  readonly steps: number;
  /** Steps that a block starts after the one before it: 0: all at once; `steps`: one after the other. */
  readonly lag: number;
  /** `trapezoid`: both ends lead and the middle comes last, for what lies between two known ends. */
  readonly shape?: "staircase" | "trapezoid";
}

/** Steps that block `b` waits. */
const delay = ({ blocks, lag, shape = "staircase" }: Staircase, b: number): number =>
  Math.floor((shape === "trapezoid" ? Math.min(b, blocks - 1 - b) : b) * lag);

/** Network calls of a schedule: each takes every block from one row to the next. */
export function callsOf(schedule: Staircase): number {
  const delays = Array.from({ length: schedule.blocks }, (_, b) => delay(schedule, b));
  return schedule.steps + Math.max(...delays);
}

/** Steps that are still to be made by block `b` at row `m`, from `steps` (noise) down to 0. */
export const stepsLeft = (schedule: Staircase, m: number, b: number): number =>
  Math.min(schedule.steps, Math.max(0, schedule.steps + delay(schedule, b) - m));

/** Times of the blocks at row m, 0 (noise) to 1 (clean), [blocks]. */
export const timesAt = (schedule: Staircase, m: number): Float64Array =>
  Float64Array.from({ length: schedule.blocks }, (_, b) => 1 - stepsLeft(schedule, m, b) / schedule.steps);
