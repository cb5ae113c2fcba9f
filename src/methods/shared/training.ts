import type { RunOptions } from "../../train/index.js";

/** How a method's training run is carried out; its settings come beside. */
export interface TrainOptions extends Omit<RunOptions, "config"> {
  /** Name the trained model carries; default the data's. */
  name?: string;
  threads?: number;
}
