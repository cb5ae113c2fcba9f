import { type Kernels, reference } from "./reference.js";
import { simdKernels } from "./simd.js";

let chosen: Kernels | undefined;

/** WebAssembly's where it runs here, else the reference, which agrees with it to single precision. */
export function kernels(): Kernels {
  if (chosen) return chosen;
  try {
    chosen = simdKernels();
  } catch {
    chosen = reference;
  }
  return chosen;
}
