import { motions } from "../sources/motions.js";
import { made } from "./made.js";

/** The motions by name: those that are fetched, and those that are made. */
export const motionNames: readonly string[] = [...Object.keys(motions), ...Object.keys(made)];
