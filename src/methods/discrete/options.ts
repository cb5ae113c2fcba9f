import { z } from "zod";
import { countOption, guidanceOption, labelOption, seedOption, stepsOption, without } from "../../models/options.js";
import { psiSamplers, type RuleOptions, ruleOf, rules } from "./rules.js";
import { finals } from "./sampler.js";
import { schedules } from "./schedule.js";
import type { DiscreteShape } from "./shape.js";

const share = z.number().min(0).max(1);

const common = {
  count: countOption(),
  label: labelOption(),
  steps: stepsOption(64, 4096, "transitions; the network is evaluated once more"),
  sampler: z
    .enum(psiSamplers)
    .default("ancestral")
    .describe(`rule: ${psiSamplers.map((name) => `${name} (${rules[name].summary})`).join(", ")}`),
  kappa: share.optional().describe("of the sampler constant: share of predictor"),
  eta: share.optional().describe("of the samplers cap, rescale and loop: how much they re-noise"),
  window: z
    .strictObject({ on: share, off: share })
    .optional()
    .describe("of the samplers constant, cap and rescale: they re-noise while off < t ≤ on only"),
  nucleus: z.number().gt(0).max(1).default(1).describe("draw from the most likely tokens of this total probability"),
  final: z.enum(finals).default("ancestral").describe("the last evaluation: a draw, the most likely token, or none"),
  guidance: guidanceOption(0, 10),
  seed: seedOption(),
};

const pixels = z.strictObject(common);
/** Tokens of a text at most. */
const LONGEST = 1_000_000;
const texts = z.strictObject({
  ...common,
  length: z
    .int()
    .min(1)
    .max(LONGEST)
    .optional()
    .describe("tokens of the text (default: the model's own); a longer one is drawn in windows that overlap"),
  overlap: z
    .int()
    .min(1)
    .optional()
    .describe("of texts longer than the model's: tokens that a further window is given (default: half of a window)"),
  prompt: z.string().optional().describe("beginning that stays as it is"),
  template: z.string().optional().describe("a text with _ where the sampler fills in"),
  blank: z.string().min(1).optional().describe("what stands in a template for a token to be filled in (default: _)"),
});

type Common = Omit<z.output<typeof pixels>, "kappa" | "eta" | "window"> & RuleOptions;

/** Refuses options that the sampler does not take, and those that do not go together. */
function checkRule({ sampler, steps, ...options }: Common, shape: DiscreteShape | undefined, fail: Fail): void {
  const { takes, make } = ruleOf(sampler);
  for (const name of ["kappa", "eta", "window"] as const)
    if (options[name] !== undefined && !takes.includes(name)) {
      const instead = name === "window" ? undefined : takes.find((other) => other !== "window");
      fail(name, `The sampler ${sampler} takes no ${name}; ${instead ? `set ${instead}` : "leave it out"}.`);
      return;
    }
  try {
    make(options, schedules[shape?.schedule ?? "log-linear"](), steps);
  } catch (error) {
    fail("steps", (error as Error).message);
  }
}

type Fail = (option: string, message: string) => void;
const failing =
  (context: z.core.$RefinementCtx): Fail =>
  (option, message) =>
    context.addIssue({ code: "custom", path: [option], message });

/** What a model of pixels can be asked for: without a shape everything. */
export function pixelOptions(shape?: DiscreteShape) {
  const absent = shape?.classes === 0;
  return without(pixels, { label: absent, guidance: absent }).superRefine((options, context) =>
    checkRule(options, shape, failing(context)),
  );
}

/** Refuses windows that do not overlap, or whose overlap nobody sees. */
function checkLength(
  { length, overlap }: { length?: number; overlap?: number },
  shape: DiscreteShape | undefined,
  fail: Fail,
): void {
  if (!shape || overlap === undefined) return;
  const own = `the model's ${shape.length} tokens`;
  if (overlap >= shape.length) fail("overlap", `overlap must be below ${own}, got ${overlap}.`);
  else if ((length ?? 0) <= shape.length)
    fail("overlap", `overlap is for texts longer than ${own}; set such a length, or leave it out.`);
}

/** What a model of text can be asked for. `lines`: each text is a line, which ends where it ends. */
export function textOptions(shape?: DiscreteShape, lines = false) {
  const absent = shape === undefined || shape.classes === 0;
  const marked = { label: absent, guidance: absent, length: lines, overlap: lines };
  return without(texts, marked).superRefine((options, context) => {
    const fail = failing(context);
    checkRule(options, shape, fail);
    checkLength(options, shape, fail);
    const { prompt, template, blank } = options;
    if (prompt !== undefined && template !== undefined) fail("template", "Give a prompt or a template, not both.");
    if (blank !== undefined && template === undefined) fail("blank", "A blank stands in a template; give one.");
  });
}

export type PixelSampleOptions = z.input<typeof pixels>;
export type TextSampleOptions = z.input<typeof texts>;
