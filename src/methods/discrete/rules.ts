import type { Kappa } from "./kappa.js";
import * as kappas from "./kappa.js";
import type { Schedule } from "./schedule.js";

/** The options that one or another rule takes. */
export interface RuleOptions {
  /** Share of predictor, in [0, 1]. */
  kappa?: number;
  /** Re-noising strength, in [0, 1]. */
  eta?: number;
  /** Times between which tokens are re-noised: off < t ≤ on. */
  window?: { on: number; off: number };
}

/** A Ψ-sampler: which share of predictor each transition has, and where its times lie. */
export interface Rule {
  readonly summary: string;
  readonly takes: readonly (keyof RuleOptions)[];
  /** Throws where the options or the number of steps do not fit. */
  make(options: RuleOptions, schedule: Schedule, steps: number): { kappa?: Kappa; grid?: Float64Array };
}

const windowed =
  (rule: (options: RuleOptions) => Kappa): Rule["make"] =>
  (options) => ({ kappa: options.window ? kappas.within(options.window, rule(options)) : rule(options) });

/**
 * The Ψ-samplers by name; `cap`, `rescale` and `loop` are ReMDM's rules. A new one is an entry here, and an option
 * everywhere.
 */
export const rules = {
  ancestral: { summary: "denoises only", takes: [], make: () => ({}) },
  constant: {
    summary: "the same share of predictor (kappa, 0.95) in every step",
    takes: ["kappa", "window"],
    make: windowed(({ kappa = 0.95 }) => kappas.constant(kappa)),
  },
  cap: {
    summary: "re-noises up to eta (0.05)",
    takes: ["eta", "window"],
    make: windowed(({ eta = 0.05 }) => kappas.cap(eta)),
  },
  rescale: {
    summary: "re-noises by the share eta (0.1) of what is possible",
    takes: ["eta", "window"],
    make: windowed(({ eta = 0.1 }) => kappas.rescale(eta)),
  },
  loop: {
    summary: "goes down to a plateau, re-noises there by eta (0.05), then ends",
    takes: ["eta"],
    make: ({ eta = 0.05 }, schedule, steps) => kappas.loop(schedule, steps, { eta }),
  },
} as const satisfies Record<string, Rule>;

export type PsiSampler = keyof typeof rules;
export const psiSamplers = Object.keys(rules) as [PsiSampler, ...PsiSampler[]];

/** The rule of a name. */
export const ruleOf = (name: PsiSampler): Rule => rules[name];
