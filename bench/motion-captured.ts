import { captured } from "./motion/measure.js";
import { measured } from "./motion.js";
import type { BenchOptions } from "./report.js";

export { show } from "./motion.js";

/** Captured motions (`accad-female1`), as `motion` has the procedure's. `names`: the variants; causal and window by default. */
export async function run(options: BenchOptions) {
  const names = options.names.length > 0 ? options.names : ["causal", "window"];
  return measured(await captured("accad-female1", options), names, options.rounds);
}
