import * as nn from "../../nn/index.js";
import type { DriftLossOptions } from "../../recipes/drift/objective.js";
import type { InputSpec } from "../../runtime/index.js";
import type { Parameter, Tensor } from "../../tensor/index.js";
import type { DriftingSettings } from "./settings.js";

/** How many times the last temperatures annealed ones are at first. */
const HOTTER = 5;
/** Learning rate of a learned temperature's logarithm. */
const LEARNING_RATE = 1e-2;

/** How a stage gets its kernel widths. */
export interface Temperatures {
  /** Inputs of the loss, which are whole for every part of a batch. */
  inputs: Record<string, InputSpec>;
  /** What these are fed at step k. */
  next(k: number): Record<string, Float32Array>;
  /** What is trained beside the generator. */
  parameters: Record<string, Parameter>;
  /** Its learning rate, for the optimiser. */
  groups: (lr: number) => { match: RegExp; lr: number }[];
  options(inputs: Record<string, Tensor>): Pick<DriftLossOptions, "temperatures" | "logTemperature">;
}

/**
 * The kernel widths of a stage of so many steps: as they are set; in latent space annealed, from five times as wide down to these
 * over the first half of the steps, R(t) = R₀(R₁/R₀)^t; or a single learned one, which begins at 1.
 */
export function temperaturesOf(
  { temperatures, widths }: DriftingSettings["drift"],
  stage: "latent" | "joint",
  steps: number,
): Temperatures {
  const none = { inputs: {}, next: () => ({}), parameters: {}, groups: () => [] };
  if (widths === "learned") {
    const logTemperature = nn.parameter([1], nn.init.zeros);
    return {
      ...none,
      parameters: { logTemperature },
      groups: (lr) => [{ match: /^logTemperature$/, lr: LEARNING_RATE / lr }],
      options: () => ({ logTemperature }),
    };
  }
  if (widths === "annealed" && stage === "latent")
    return {
      ...none,
      inputs: { temperatures: [temperatures.length] },
      next(k) {
        const left = Math.max(0, 1 - k / Math.max(1, Math.floor(steps / 2)));
        return { temperatures: Float32Array.from(temperatures, (last) => last * HOTTER ** left) };
      },
      options: ({ temperatures }) => ({ temperatures }),
    };
  return { ...none, options: () => ({ temperatures }) };
}
