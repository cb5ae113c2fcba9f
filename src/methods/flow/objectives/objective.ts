import type { Random } from "../../../random/index.js";
import type { InputSpec } from "../../../runtime/index.js";
import type { Tensor } from "../../../tensor/index.js";
import type { Split } from "../../../train/part.js";
import type { Velocity } from "../network.js";

/** What a field is trained by, with settings of its own. */
export interface Objective<Settings> {
  /** What the loss takes beside data, noise [B, …] and labels [B]. */
  inputs(batch: number, settings: Settings): Record<string, InputSpec>;
  /** How rows are divided among processes that train together; default: not, since they are of two kinds. */
  split?(batch: number): Split;
  /** What is lowered, alone or with what else is logged. */
  loss(velocity: Velocity, inputs: Record<string, Tensor>): Tensor | { loss: Tensor; error: Tensor };
  /** The inputs of a step before which a share `progress` of the steps was made. */
  next(random: Random, batch: number, progress: number, settings: Settings): Record<string, Float32Array>;
}
