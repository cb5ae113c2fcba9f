import type { MotionSettings } from "../../src/methods/motion/settings.js";

/** One way to train and to draw motion. */
export interface Variant {
  readonly what: string;
  /** Changes of the preset `tiny`. */
  readonly network?: Partial<MotionSettings["network"]>;
  readonly levels: MotionSettings["training"]["levels"];
  /** How its motions are drawn, by name. */
  readonly draws: Readonly<Record<string, Drawing>>;
}

/** One way to draw with a model. */
export interface Drawing {
  readonly lag: number;
  /** In pieces of so many blocks, each given the last `shared` ones of the piece before it. */
  readonly pieces?: { readonly blocks: number; readonly shared: number };
}

/** Steps of a block from noise to clean, of every variant. */
export const STEPS = 16;

/** What is trained, each with the same data, codec, network and steps. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  causal: {
    what: "causal attention, a noise level for each block (CMDM)",
    levels: "independent",
    draws: { "cascade, L = 2": { lag: 2 }, "cascade, L = 4": { lag: 4 }, "one by one": { lag: STEPS } },
  },
  window: {
    what: "attention both ways in the active window, levels on a staircase (FloodDiffusion)",
    network: { attention: "window" },
    levels: "staircase",
    draws: { "cascade, L = 2": { lag: 2 }, "cascade, L = 4": { lag: 4 }, "one by one": { lag: STEPS } },
  },
  mixed: {
    what: "causal attention, levels of either kind",
    levels: "mixed",
    draws: { "cascade, L = 2": { lag: 2 }, "cascade, L = 4": { lag: 4 }, "one by one": { lag: STEPS } },
  },
  chunks: {
    what: "attention both ways, one level for the whole sequence, in pieces of 48 frames; blocks of one token",
    network: { attention: "window", block: 1, window: 48 },
    levels: "whole",
    draws: {
      "48 frames, 4 shared": { lag: 0, pieces: { blocks: 12, shared: 1 } },
      "48 frames, 12 shared": { lag: 0, pieces: { blocks: 12, shared: 3 } },
    },
  },
  "causal, one level": {
    what: "causal attention, one level for the whole sequence",
    levels: "whole",
    draws: { "cascade, L = 4": { lag: 4 } },
  },
  "causal, blocks of 1": {
    what: "as causal, with blocks of one token",
    network: { block: 1, window: 48 },
    levels: "independent",
    draws: { "cascade, L = 2": { lag: 2 } },
  },
};

/** Settings of a variant's training. `quick`: for a look at whether all runs through. */
export function settingsOf(tiny: MotionSettings, { network, levels }: Variant, seed: number, quick: boolean) {
  const steps = quick ? { codec: 40, training: 40 } : { codec: 800, training: 1800 };
  return {
    ...tiny,
    seed,
    codec: { ...tiny.codec, steps: steps.codec },
    network: { ...tiny.network, ...network },
    training: { ...tiny.training, levels, steps: steps.training },
  };
}
