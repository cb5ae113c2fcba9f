import { checkpoint } from "../tensor/checkpoint.js";
import type { Tensor } from "../tensor/tensor.js";

let recomputed: number | null = null;

/**
 * Builds a graph in which every block of a network (`block`) is computed again for its gradient instead of keeping its values
 * (gradient checkpointing, Chen et al. 2016): memory for one block at a time, for one more forward pass. `blocks`: how many.
 */
export function recomputingBlocks<T>(build: () => T): { built: T; blocks: number } {
  const outer = recomputed;
  recomputed = 0;
  try {
    const built = build();
    return { built, blocks: recomputed };
  } finally {
    recomputed = outer;
  }
}

/** `f(...inputs)`, one of a network's blocks, whose values are what `recomputingBlocks` does not keep. */
export function block<A extends readonly Tensor[]>(f: (...inputs: A) => Tensor, ...inputs: A): Tensor {
  if (recomputed === null) return f(...inputs);
  recomputed++;
  return checkpoint(f, ...inputs);
}
