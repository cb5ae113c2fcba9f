import type { Slots } from "../slots.js";

/** When something is shown, in seconds. */
export interface Stretch {
  readonly slots: Slots;
  readonly start: number;
  readonly end: number;
}
