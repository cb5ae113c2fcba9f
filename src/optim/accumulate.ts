import type { Parameters } from "../runtime/parameters.js";
import { requireArguments } from "./optimizer.js";

/** Gradients of micro-batches on their way to one update. */
export interface Accumulator {
  /** Sum of the weights added since the last `take`. */
  readonly weight: number;
  /**
   * Adds the gradients of a micro-batch's mean loss. The weight is its share of the batch, such as its number of
   * samples; default 1, for micro-batches of one size.
   */
  add(gradients: Float32Array, weight?: number): void;
  /**
   * The weighted mean of what was added, for an optimiser's `update`, in a buffer that the next `add` overwrites; starts
   * anew. @throws where nothing was added.
   */
  take(): Float32Array;
}

/** The gradients of a batch that is too large for one run, as the mean over its micro-batches. */
export function accumulate(parameters: Parameters): Accumulator {
  requireArguments("accumulate", parameters, {}, []);
  const { count } = parameters;
  const sum = new Float32Array(count);
  let total = 0;
  return {
    get weight() {
      return total;
    },
    add(gradients, weight = 1) {
      if (gradients?.length !== count)
        throw new Error(`accumulate: ${gradients?.length ?? "no"} gradients for ${count} parameters.`);
      if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
        throw new Error(`accumulate: a weight must be larger than 0, got ${weight}.`);
      if (total === 0) sum.fill(0);
      for (let i = 0; i < count; i++) sum[i] += weight * gradients[i];
      total += weight;
    },
    take() {
      if (total === 0) throw new Error("accumulate: nothing was added since the last update.");
      for (let i = 0; i < count; i++) sum[i] /= total;
      total = 0;
      return sum;
    },
  };
}
