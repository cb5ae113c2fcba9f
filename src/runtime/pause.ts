import { turn } from "./turn.js";

/** Lets timers and events in between two long computations. @throws the signal's reason where it has aborted. */
export async function pause(signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await turn();
  signal?.throwIfAborted();
}
