/** What a step has done to a token. */
export const KEPT = 0;
export const DENOISED = 1;
export const TAKEN_BACK = 2;

/** The tokens after a step. */
export interface Frame {
  readonly step: number;
  /** Network evaluations of each sample so far. */
  readonly evaluations: number;
  /** [count·length], of all samples one after the other; so are `pieces` and `changes`. */
  readonly tokens: Int32Array;
  readonly pieces: readonly string[];
  readonly changes: Uint8Array;
  readonly strings: readonly string[];
}

/** Shares of tokens, adding up to 1. */
export interface Shares {
  readonly kept: number;
  readonly denoised: number;
  readonly takenBack: number;
}

/** How many tokens a step has kept, denoised and taken back, as shares of all. */
export function sharesOf(changes: Uint8Array): Shares {
  const counts = [0, 0, 0];
  for (const change of changes) counts[change]++;
  const [kept, denoised, takenBack] = counts.map((count) => count / Math.max(1, changes.length));
  return { kept, denoised, takenBack };
}

/** Of samplers that do not tell what happened: each token that is another than before counts as denoised. */
export function changesBetween(before: Int32Array | undefined, after: Int32Array): Uint8Array {
  return Uint8Array.from(after, (token, i) => (before === undefined || before[i] === token ? KEPT : DENOISED));
}

/**
 * Which recorded step is shown. "follow": the newest, while the model draws; "play": one after the other; "hold": the
 * one at `at`.
 */
export interface Playback {
  readonly at: number;
  readonly mode: "follow" | "play" | "hold";
}
export const START: Playback = { at: 0, mode: "follow" };

/** After a step has been recorded; `count` are there now. */
export const recorded = (playback: Playback, count: number): Playback =>
  playback.mode === "follow" ? { ...playback, at: count - 1 } : playback;

/** After a moment of playing: the next step; at the last one playing ends, or follows while more come. */
export function ticked(playback: Playback, count: number, drawing: boolean): Playback {
  if (playback.mode !== "play") return playback;
  const at = Math.min(playback.at + 1, count - 1);
  return at < count - 1 ? { at, mode: "play" } : { at, mode: drawing ? "follow" : "hold" };
}

/** Play from here, or from the beginning where this is the end. */
export const played = ({ at }: Playback, count: number): Playback => ({ at: at >= count - 1 ? 0 : at, mode: "play" });

/** Holds at a step; one outside is moved to the nearest. */
export const heldAt = (at: number, count: number): Playback => ({
  at: Math.max(0, Math.min(count - 1, Math.round(at))),
  mode: "hold",
});

/** The range of a plot: round tenths around all values that there are. */
export function rangeOf(values: readonly (number | null)[]): [number, number] {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return [0, 1];
  return [Math.floor(Math.min(...known) * 10 - 0.5) / 10, Math.ceil(Math.max(...known) * 10 + 0.5) / 10];
}
