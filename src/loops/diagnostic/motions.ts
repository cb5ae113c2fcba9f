import type { LabelledClip, MotionDataset, Segment } from "../../data/motion-dataset.js";
import { WrongUse } from "../../io/wrong-use.js";
import { requireJudgeOf, requireMotionSample } from "../../judges/motion/evaluate.js";
import type { MotionJudge } from "../../judges/motion/model.js";
import { JUDGED } from "../../judges/motion/shape.js";
import { longEnough } from "../../judges/motion/windows.js";
import { correctPredictions, features } from "../../metrics/index.js";
import type { MotionGenerator } from "../../models/generator.js";
import type { Clip } from "../../motion/index.js";
import { Random } from "../../random/index.js";
import { type Drawn, diagnose, type JudgedSet } from "./diagnose.js";
import { type DiagnoseOptions, drawRows, type RealRows, requirePerClass } from "./images.js";

/** A stretch of a clip that shows one action for as long as a judge looks. */
export interface Stretch extends Segment {
  readonly clip: Clip;
}

/** What a judge sees of a clip: its frames from `start` on. */
export type Seen = Pick<Stretch, "clip" | "start" | "label">;

/** A diagnosis with what it is of. */
export interface MotionDiagnosis extends Drawn {
  /** Frames that the judge sees of each. */
  frames: number;
  seen: Record<"real" | "samples", readonly Seen[]>;
}

/** The stretches of clips that show one action for `frames` frames. */
export const stretchesOf = (clips: readonly LabelledClip[], frames: number): Stretch[] =>
  clips.flatMap(({ clip, segments }) => longEnough(segments, frames).map((segment) => ({ ...segment, clip })));

/**
 * Lets a model show what captions of real motions say, as many of each action, and compares them, action by action, with
 * real ones in the judge's features: a window at a place of its own, drawn by the seed, of each. Rows are those of {@link stretchesOf}; `perClass` is 60 by default.
 * @throws WrongUse, OptionError where the judge or the model does not fit
 */
export async function diagnoseMotions(
  model: MotionGenerator,
  dataset: MotionDataset,
  judge: MotionJudge,
  {
    sample = {},
    perClass = 60,
    seed = 0,
    kinds,
    signal,
    ...probes
  }: Omit<DiagnoseOptions, "clusters" | "centres"> = {},
): Promise<MotionDiagnosis> {
  requireJudgeOf(dataset, judge);
  requirePerClass(perClass, "motion");
  const classNames = dataset.classNames!;
  const asked = requireMotionSample(model, judge, { ...sample, count: classNames.length * perClass });
  const { frames } = judge.shape;
  const drawn = ({ split, rows }: RealRows): Stretch[] => {
    const all = stretchesOf(dataset[split], frames);
    const labels = all.map(({ label }) => label);
    const chosen = drawRows({ labels, count: all.length }, perClass, new Random(seed, split), rows);
    const random = new Random(seed, `${split} windows`);
    return chosen.map((row) => ({ ...all[row], start: windowIn(all[row], frames, random) }));
  };
  const real = drawn(probes.real ?? { split: "test" });
  const floor = drawn(probes.floor ?? { split: "train" });
  const asks = asksFor(model, real, classNames.length, perClass, new Random(seed, "captions"));
  if (asks.length === 0 || floor.length === 0)
    throw new WrongUse(
      `${dataset.id} has no captions that ${model.config.name} can read of motions that show one action for ${frames} frames.`,
    );
  const whole = { ...asked, count: asks.length, seed, prompt: asks.map(({ prompt }) => prompt) };
  const { clips } = await model.sample(whole, { signal });
  const random = new Random(seed, "diagnosis");
  const samples = clips.map((clip, i): Seen => {
    return { clip, start: windowIn({ start: 0, end: clip.frames }, frames, random), label: asks[i].label };
  });
  const sets = {
    real: await judged(judge, real, signal),
    floor: await judged(judge, floor, signal),
    samples: await judged(judge, samples, signal),
  };
  const measured = diagnose({ kind: "motion", ...sets, classNames, kinds, random });
  if (measured.groups.length === 0)
    throw new WrongUse(
      `${dataset.id} has too few motions of every action to say anything: 20 of one at least must show it for ${frames} frames, for testing too.`,
    );
  const { split } = probes.real ?? { split: "test" };
  return {
    ...measured,
    ...{ kind: "motion", by: "class", count: asks.length, nfe: model.cost(whole), split, sets },
    ...{ frames, seen: { real, samples } },
  };
}

/** Where a window of `frames` begins, anywhere in a stretch. */
const windowIn = ({ start, end }: Pick<Stretch, "start" | "end">, frames: number, random: Random): number =>
  start + random.integer(end - start - frames + 1);

/** What the judge finds in motions, one at least. */
async function judged(judge: MotionJudge, all: readonly Seen[], signal?: AbortSignal): Promise<JudgedSet> {
  const { frames, features: dim } = judge.shape;
  const windows = new Float32Array(all.length * frames * JUDGED);
  for (const [i, { clip, start }] of all.entries()) windows.set(judge.windowOf(clip, start), i * frames * JUDGED);
  const { features: values, logits } = await judge.judge(windows, { signal });
  const labels = all.map(({ label }) => label);
  return { features: features(values, dim), labels, right: correctPredictions({ logits, labels }) };
}

/** What is asked for: of each action in turn `perClass` captions of real motions that the model can read. */
function asksFor(model: MotionGenerator, real: readonly Stretch[], classes: number, perClass: number, random: Random) {
  return Array.from({ length: classes }, (_, label) => {
    const readable = real
      .filter((one) => one.label === label)
      .map(({ captions }) => captions.filter((caption) => model.unreadable(caption) === null))
      .filter((captions) => captions.length > 0);
    const count = readable.length > 0 ? perClass : 0;
    return Array.from({ length: count }, (_, i) => ({ label, prompt: random.choice(readable[i % readable.length]) }));
  }).flat();
}
