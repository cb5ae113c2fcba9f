import { type Dialogue, type DialogueDataset, RELATIONS } from "../../data/dialogue-dataset.js";
import { requireKnown } from "../../io/known.js";
import { many } from "../../io/show.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import { channelsOf } from "../../motion/gesture-channels.js";
import { GESTURE_FEATURES } from "../../motion/index.js";
import { pause } from "../../runtime/pause.js";
import { moversOf } from "./features.js";
import { type GestureFigures, gestureFiguresBeside, type Moved } from "./figures.js";
import { fitSocialJudge } from "./social.js";

/** Whose motion is asked for: one of the two of a dialogue, who is heard as the other one is. */
export interface AskedGesture {
  readonly dialogue: Dialogue;
  readonly side: 0 | 1;
}

/** What draws motion: a model, or anything that gives as many rows [T, 258] as it is asked for. */
export interface GestureSampler {
  readonly name: string;
  /** Network evaluations of a motion, the mean of those that are asked for. */
  nfe(asked: readonly AskedGesture[]): number;
  draw(
    asked: readonly AskedGesture[],
    options: { seed: number; signal?: AbortSignal },
  ): Promise<readonly Float32Array[]>;
}

export interface GestureReferenceOptions {
  /** People at most whose motion is drawn and measured, 8 or more; 200 if absent. */
  count?: number;
  signal?: AbortSignal;
}

export interface GestureEvaluateOptions extends GestureReferenceOptions {
  seed?: number;
}

/** Real people of a data set as far as they are measured, for any number of evaluations. */
export interface GestureReference {
  /** The data set's. */
  readonly id: string;
  /** Whose motion is drawn. */
  readonly asked: readonly AskedGesture[];
  /** All figures of motion, beside that of the people who are asked for. */
  readonly figures: (moved: Moved) => GestureFigures;
  /** Of real motion of other people, of real motion in other dialogues than its own, and of the mean pose. */
  readonly beside: {
    readonly real: GestureFigures;
    readonly shuffled: GestureFigures;
    readonly meanPose: GestureFigures;
  };
}

export interface GestureFigure {
  readonly name: string;
  /** Null where the data do not tell it, or motion has none (nobody nods). */
  readonly value: number | null;
  /** The same of real motion of other people, of real motion in other dialogues than its own, and of the mean pose. */
  readonly real: number | null;
  readonly shuffled: number | null;
  readonly meanPose: number | null;
}

export interface GestureEvaluation {
  readonly model: string;
  readonly data: string;
  readonly count: number;
  readonly nfe: number;
  readonly seed: number;
  readonly figures: readonly GestureFigure[];
}

/** People at least that figures are of. */
export const FEWEST_PEOPLE = 8;

const movedOf = (heard: readonly AskedGesture[], gestures: readonly Float32Array[]): Moved => ({
  ...{ heard, gestures },
  channels: gestures.map((rows) => channelsOf(rows)),
});

const realMotion = ({ dialogue, side }: AskedGesture): Float32Array => dialogue.people[side].gesture!;

/**
 * Measures the real people that samplers are measured beside: the judge of relations and traits learns from the training
 * dialogues first.
 * @throws OptionError for numbers out of range; WrongUse where the data have too few people whose motion is known
 */
export async function measureGestureReference(
  dataset: DialogueDataset,
  options: GestureReferenceOptions = {},
): Promise<GestureReference> {
  requireKnown("measureGestureReference", options, ["count", "signal"]);
  const { count = 200, signal } = options;
  if (!(Number.isInteger(count) && count >= FEWEST_PEOPLE))
    throw new OptionError(`count must be a whole number of at least ${FEWEST_PEOPLE} people, got ${count}.`);
  const [train, test] = [moversOf(dataset.train), moversOf(dataset.test)];
  for (const [part, movers] of Object.entries({ train, test }))
    if (movers.length < FEWEST_PEOPLE)
      throw new WrongUse(
        `Figures are of ${FEWEST_PEOPLE} people at least; the ${part} dialogues of ${dataset.id} have the whole motion of ${many(movers.length, "person", "people")}.`,
      );
  await pause(signal);
  const judge = fitSocialJudge(train);
  await pause(signal);
  const asked = test.slice(0, count);
  const figures = gestureFiguresBeside(movedOf(asked, asked.map(realMotion)), judge);
  const others = train.slice(0, asked.length);
  const beside = {} as Record<keyof GestureReference["beside"], GestureFigures>;
  for (const [name, moved] of [
    ["real", () => movedOf(others, others.map(realMotion))],
    ["shuffled", () => movedOf(asked, dealtAnew(asked))],
    ["meanPose", () => movedOf(asked, meanPoses(asked, others))],
  ] as const) {
    await pause(signal);
    beside[name] = figures(moved());
  }
  return { id: dataset.id, asked, figures, beside };
}

/**
 * Lets a sampler move people of the test dialogues and measures them beside real people. Every figure stands beside that
 * of real motion of the training dialogues, of real motion that was dealt out anew, and of a body that never moves.
 * @param data Dialogues, or what `measureGestureReference` made of them: measured once for several evaluations
 * @throws OptionError for numbers out of range; WrongUse where the data have too few people whose motion is known
 * @throws where the sampler gives other numbers of rows than it was asked for
 */
export async function evaluateGestures(
  sampler: GestureSampler,
  data: DialogueDataset | GestureReference,
  options: GestureEvaluateOptions = {},
): Promise<GestureEvaluation> {
  requireKnown("evaluateGestures", options, ["count", "seed", "signal"]);
  const { seed = 0, signal, ...measured } = options;
  if ("asked" in data && measured.count !== undefined)
    throw new OptionError("How many people are asked for is the reference's; leave count out.");
  const reference = "asked" in data ? data : await measureGestureReference(data, { ...measured, signal });
  const { asked, beside } = reference;
  const nfe = sampler.nfe(asked);
  const drawn = await sampler.draw(asked, { seed, signal });
  requireRows(sampler.name, asked, drawn);
  await pause(signal);
  const figures = reference.figures(movedOf(asked, drawn));
  await pause(signal);
  return {
    ...{ model: sampler.name, data: reference.id, count: asked.length, nfe, seed },
    figures: Object.keys(figures).map((name) => ({
      ...{ name, value: figures[name], real: beside.real[name] },
      ...{ shuffled: beside.shuffled[name], meanPose: beside.meanPose[name] },
    })),
  };
}

function requireRows(name: string, asked: readonly AskedGesture[], drawn: readonly Float32Array[]): void {
  const wrong = asked.findIndex(({ dialogue }, i) => drawn[i]?.length !== dialogue.frames * GESTURE_FEATURES);
  if (wrong < 0 && drawn.length === asked.length) return;
  const rows = (drawn[wrong]?.length ?? 0) / GESTURE_FEATURES;
  throw new Error(
    wrong < 0
      ? `${name} gave ${drawn.length} motions for ${asked.length}.`
      : `${name} gave ${rows} frames for ${asked[wrong].dialogue.name}, which has ${asked[wrong].dialogue.frames}.`,
  );
}

/** Rows repeated or cut to so many frames. */
const fitted = (rows: Float32Array, frames: number): Float32Array =>
  Float32Array.from({ length: frames * GESTURE_FEATURES }, (_, at) => rows[at % rows.length]);

/**
 * Each with the motion of somebody in another dialogue, of the next relation where there is one; the two of a dialogue with that of
 * people who did not talk to each other, where there are enough.
 */
function dealtAnew(asked: readonly AskedGesture[]): Float32Array[] {
  return asked.map((one, i) => {
    const after = (k: number) => asked[(i + k) % asked.length];
    const all = Array.from({ length: asked.length - 1 }, (_, k) => after(k + 1));
    const others = all.filter(({ dialogue }) => dialogue !== one.dialogue);
    const next = (one.dialogue.relation + 1) % RELATIONS.length;
    const fitting = others.filter(({ dialogue }) => dialogue.relation === next);
    const among = fitting.length > 0 ? fitting : others;
    const dialogues = [...new Set(among.map(({ dialogue }) => dialogue))];
    const chosen = among.find(({ dialogue }) => dialogue === dialogues[one.side % dialogues.length]) ?? one;
    return fitted(realMotion(chosen), one.dialogue.frames);
  });
}

/** Each as a body in the mean pose of some others, that never moves. */
function meanPoses(asked: readonly AskedGesture[], of: readonly AskedGesture[]): Float32Array[] {
  const pose = new Float64Array(GESTURE_FEATURES);
  const frames = of.reduce((sum, { dialogue }) => sum + dialogue.frames, 0);
  for (const one of of)
    for (const [at, value] of realMotion(one).entries()) pose[at % GESTURE_FEATURES] += value / frames;
  return asked.map(({ dialogue }) => fitted(Float32Array.from(pose), dialogue.frames));
}
