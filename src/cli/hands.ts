import type { JudgesPlace } from "../judges/extractors/divided.js";
import type { Extractor } from "../judges/extractors/index.js";
import type { ModelPlace } from "../models/divided.js";
import type { AnyGenerator } from "../models/generator.js";

/** Who draws and judges: this process alone, or all that were started together. */
export interface Hands {
  model<M extends AnyGenerator>(model: M, place: ModelPlace): Promise<M>;
  judges(judges: readonly Extractor[], place: JudgesPlace): Promise<readonly Extractor[]>;
}

/** One process has its own. */
export const ALONE: Hands = { model: async (model) => model, judges: async (judges) => judges };
