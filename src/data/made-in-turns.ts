import { pause } from "../runtime/pause.js";
import type { Progress, ProgressReport } from "./progress.js";

/** How long work is followed and stopped. */
export interface Work {
  onProgress?: Progress;
  signal?: AbortSignal;
}

/**
 * What each of `makers` makes, in their order. Timers and events have their turn between two of them.
 * @throws the signal's reason where it has aborted
 */
export async function madeInTurns<T>(
  makers: readonly (() => T)[],
  { onProgress, signal, ...what }: Work & Pick<ProgressReport, "task" | "unit">,
): Promise<T[]> {
  const made: T[] = [];
  for (const make of makers) {
    await pause(signal);
    made.push(make());
    onProgress?.({ ...what, done: made.length, total: makers.length });
  }
  return made;
}
