import { motions } from "../sources/motions.js";

/** Motions that are made by a procedure whenever they are asked for: nothing is fetched or kept. */
export const MADE = "locomotion";

/** The sets of motions by name. */
export const motionNames: readonly string[] = [MADE, ...Object.keys(motions)];
