import { z } from "zod";
import { show } from "../../io/show.js";
import { countOption, guidanceOption, seedOption, stepsOption } from "../../models/options.js";
import {
  BODY_FEATURES,
  FloorPath,
  MOST_POINTS,
  SPOT_RULE,
  type Spot,
  spotsOf,
  spotTexts,
  wrongSpot,
} from "../../motion/index.js";
import { samplerNames } from "./sampler.js";
import { blockFrames, type MotionShape } from "./shape.js";

/** Characters of a prompt at most. */
export const LONGEST_PROMPT = 2000;
/** Seconds of a motion at most. */
const LONGEST = 600;

const text = z.string().min(1).max(LONGEST_PROMPT);
const steps = stepsOption(16, 1000, "steps of each block from noise to clean (K)");
const lagOption = (least: number) =>
  z
    .int()
    .min(least)
    .max(1000)
    .default(4)
    .describe(
      "steps that a block starts after the one before it (L): 0 all at once, as many as steps one after the other",
    );
const guidance = guidanceOption(0, 10)
  .default(2)
  .describe("classifier-free guidance towards the prompt; 1 is none and costs half");

const feet = z
  .enum(["planted", "free"])
  .default("planted")
  .describe("planted: feet that stand stay where they are, and legs follow; free: just as the network says");
const freeFeet = feet
  .unwrap()
  .default("free")
  .refine((value) => value === "free", {
    message: `Feet are planted for frames of ${BODY_FEATURES} numbers, and this model has others; leave feet out.`,
  })
  .describe("free: just as the network says; this model's frames cannot have them planted");
/** How feet can be had: planted where frames have our own layout. */
const feetOption = (shape?: MotionShape) => (shape && shape.features !== BODY_FEATURES ? freeFeet : feet);

/** Characters of a path as text at most. */
const LONGEST_PATH = 50_000;

/** Why something is no path; null where it is one. */
function faultOf(path: string | readonly Spot[]): string | null {
  if (typeof path === "string") {
    if (path.trim() === "") return `it is empty, and a point is ${SPOT_RULE}.`;
    if (path.length > LONGEST_PATH) return `it has ${path.length} characters, and ${LONGEST_PATH} at most are read.`;
    const wrong = wrongSpot(spotsOf(path));
    if (wrong >= 0) return `its point ${wrong + 1}, ${show(spotTexts(path)[wrong])}, is not ${SPOT_RULE}.`;
  }
  try {
    new FloorPath(typeof path === "string" ? spotsOf(path) : path);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const path = z
  .union([
    // How long they may be is checked by faultOf, which says what is wrong
    z.string().meta({ maxLength: LONGEST_PATH }),
    z
      .array(z.tuple([z.number(), z.number()]))
      .meta({ maxItems: MOST_POINTS })
      .readonly(),
  ])
  .optional()
  .describe(
    'points on the floor that the root follows, x and z in metres, such as "0,0 1,2 3,3"; one that ends where it begins goes round; or, at the command line, a JSON or CSV file of them',
  );
/** The points of a path, which may be given as text. @throws RangeError where they are none */
export const pathOf = (given: z.output<typeof path>): readonly Spot[] | null =>
  given === undefined ? null : typeof given === "string" ? spotsOf(given) : given;

const checkPath = ({ path }: { path?: z.output<typeof all>["path"] }, context: z.core.$RefinementCtx) => {
  const fault = path === undefined ? null : faultOf(path);
  if (!fault) return;
  const form = 'A path is points, apart by spaces, such as "0,0 0,3 3,3"';
  const message = `path cannot be followed: ${fault} ${form}; got ${show(path)}.`;
  context.addIssue({ code: "custom", path: ["path"], message });
};

const all = z.strictObject({
  count: countOption(),
  prompt: z
    .union([text, z.array(text).readonly()])
    .optional()
    .describe(
      'what to show, for all or one each; parts with "then" between them follow each other (default: anything)',
    ),
  seconds: z.number().gt(0).max(LONGEST).default(6).describe("length of the motion"),
  steps,
  lag: lagOption(0),
  schedule: z
    .enum(["staircase", "trapezoid"])
    .default("staircase")
    .describe("staircase: the past leads; trapezoid: both ends lead, and the middle comes last"),
  sampler: z
    .enum(samplerNames)
    .default("euler")
    .describe("euler: the flow's equation; renoise: each step draws noise anew around the clean estimate"),
  guidance,
  feet,
  path,
  loop: z.boolean().default(false).describe("goes round: its end meets its beginning, up to where it stands and looks"),
  seed: seedOption(),
});

/** Seconds of a loop at least, and seconds more that are drawn, of which the best is taken. */
const SHORTEST_LOOP = 1;
export const LOOP_CHOICE = 2.4;

const checkLoop = (
  { loop, path, seconds }: z.output<typeof all>,
  context: z.core.$RefinementCtx,
  shape?: MotionShape,
) => {
  if (!loop) return;
  const refuse = (message: string) => context.addIssue({ code: "custom", path: ["loop"], message });
  if (path !== undefined) refuse("A loop goes where it goes; leave out path, or loop.");
  if (seconds < SHORTEST_LOOP) refuse(`A loop lasts ${SHORTEST_LOOP} s at least; seconds is ${seconds}.`);
  if (shape && shape.features !== BODY_FEATURES)
    refuse(`Loops are made of frames of ${BODY_FEATURES} numbers, and this model has others; leave loop out.`);
};

/** Refuses a block that starts after the one before it has ended. */
const checkLag = ({ steps, lag }: { steps: number; lag: number }, context: z.core.$RefinementCtx) => {
  if (lag <= steps) return;
  const message = `lag is at most steps (${steps}), where blocks come one after the other; got ${lag}.`;
  context.addIssue({ code: "custom", path: ["lag"], message });
};

/** What a motion model can be asked for. */
export const motionOptions = (shape?: MotionShape) =>
  all.extend({ feet: feetOption(shape) }).superRefine((options, context) => {
    checkLag(options, context);
    checkPath(options, context);
    checkLoop(options, context, shape);
    const { prompt, count, loop } = options;
    if (Array.isArray(prompt) && prompt.length !== count)
      context.addIssue({
        code: "custom",
        path: ["prompt"],
        message: `${prompt.length} prompts for ${count} motions: give one for all, or one for each.`,
      });
    if (!shape) return;
    const least = blockFrames(shape) / shape.fps;
    if (options.schedule === "trapezoid" && options.seconds + (loop ? LOOP_CHOICE : 0) > shape.network.window * least)
      context.addIssue({
        code: "custom",
        path: ["schedule"],
        message: `The trapezoid is for motions that are drawn in one piece, of at most ${shape.network.window * least} seconds; take the staircase.`,
      });
  });
export type MotionSampleOptions = z.input<typeof all>;

/** What a live session can be asked for. */
export const sessionOptions = (shape: MotionShape) =>
  z
    .strictObject({
      prompt: text.optional().describe("what to show until something else is said (default: anything)"),
      steps,
      lag: lagOption(1),
      guidance,
      feet: feetOption(shape),
      path,
      history: z
        .number()
        .min(0)
        .max(0.5)
        .default(0)
        .describe("noise that what has been shown is presented with; a little hides errors that would grow"),
      turn: z
        .enum(["anew", "blend"])
        .default("anew")
        .describe(
          "at a new text, anew: blocks in the making begin again from noise and see the last block only; blend: they go on",
        ),
      seed: seedOption(),
    })
    .superRefine((options, context) => {
      checkLag(options, context);
      checkPath(options, context);
      const { steps, lag } = options;
      const most = shape.network.window - 1;
      if (Math.ceil(steps / lag) <= most) return;
      const message = `With steps ${steps} and lag ${lag}, ${Math.ceil(steps / lag)} blocks are in the making at once, and the network looks at ${most + 1}; take a lag of at least ${Math.ceil(steps / most)}.`;
      context.addIssue({ code: "custom", path: ["lag"], message });
    });
export type SessionOptions = z.input<ReturnType<typeof sessionOptions>>;
