import type { Parameters } from "../runtime/parameters.js";
import { kernels } from "./kernels/index.js";
import { type Range, requireArguments } from "./optimizer.js";
import { type Stateful, statefulVectors } from "./state.js";

/** An exponential moving average of parameters. */
export interface Ema extends Stateful {
  /** The average, in the layout of `Parameters.flat`. */
  readonly average: Float32Array;
  /** Updates made. */
  readonly updates: number;
  /** average ← d·average + (1 − d)·parameters; `part`: of the elements [from, to) only. */
  update(part?: Range): void;
  /** Exchanges the parameters' values and the average's; a second call restores both. */
  swap(): void;
  /** Runs `use` with the average in place of the parameters, and puts these back whatever happens. */
  withAverage<T>(use: () => T | Promise<T>): Promise<T>;
}

/**
 * Weight average that starts at the present values and forgets them quickly: the k-th update (from 0) uses
 * d = min(decay, (1 + k)/(10 + k)).
 */
export function ema(parameters: Parameters, options: { decay: number }): Ema {
  requireArguments("ema", parameters, options, ["decay"]);
  const { decay } = options;
  if (!(decay >= 0 && decay < 1)) throw new Error(`ema: decay must be in [0, 1), got ${decay}.`);
  const { flat } = parameters;
  const [average] = kernels().vectors(1, flat.length);
  average.set(flat);
  let updates = 0;
  const swap = () => {
    for (let i = 0; i < flat.length; i++) {
      const value = flat[i];
      flat[i] = average[i];
      average[i] = value;
    }
  };
  return {
    average,
    get updates() {
      return updates;
    },
    update([from, to] = [0, flat.length]) {
      const d = Math.min(decay, (1 + updates) / (10 + updates));
      kernels().average(average.subarray(from, to), flat.subarray(from, to), 1 - d);
      updates++;
    },
    swap,
    async withAverage(use) {
      swap();
      try {
        return await use();
      } finally {
        swap();
      }
    },
    ...statefulVectors(
      "Ema",
      { average },
      {
        get: () => updates,
        set: (value) => {
          updates = value;
        },
      },
    ),
  };
}
