import type { MotionDataset } from "../../data/motion-dataset.js";
import { requireKnown } from "../../io/known.js";
import { many } from "../../io/show.js";
import { OptionError, WrongUse } from "../../io/wrong-use.js";
import { evaluateFeatures, type MetricReport } from "../../metrics/index.js";
import { mean } from "../../metrics/quantile.js";
import type { MotionGenerator, SampleOptions } from "../../models/generator.js";
import { Random } from "../../random/index.js";
import { pause } from "../../runtime/pause.js";
import { intervalOfMean, requireResamples } from "../resamples.js";
import {
  type Ask,
  actionsOf,
  diversityOf,
  type JudgedMotions,
  judgeMotions,
  judgeReal,
  multimodalityOf,
  precisionOf,
  textDistanceOf,
} from "./judged.js";
import type { MotionJudge } from "./model.js";
import { longEnough } from "./windows.js";

/** Motions at least that figures are of: R-precision asks for the right one of 32. */
export const FEWEST_MOTIONS = 32;
/** How many windows of the judge a motion that is measured has; the last one is judged. */
const LENGTH = 1.6;

/** What real motions are to a judge; measured once for any number of models. */
export interface MotionReference {
  readonly dataset: MotionDataset;
  readonly judge: MotionJudge;
  readonly test: JudgedMotions;
  /** Training motions, for the floor of the Fréchet distance. */
  readonly train: JudgedMotions;
}

/** @throws WrongUse where the judge knows other actions than the data, or another frame rate */
export function requireJudgeOf(dataset: MotionDataset, judge: MotionJudge): void {
  const { actions, fps } = judge.shape;
  const { name } = judge.config;
  if (String(actions) !== String(dataset.classNames))
    throw new WrongUse(
      `${name} tells other actions apart (${actions.slice(0, 3).join(", ")}, …) than those of ${dataset.id}; train a judge on these data.`,
    );
  if (fps !== dataset.fps) throw new WrongUse(`${name} sees ${fps} frames a second; ${dataset.id} has ${dataset.fps}.`);
}

/**
 * Judges real motions: windows of the test clips and of the training clips, `limit` at most (1000) of each.
 * @throws WrongUse where the judge knows other actions than the data, or another frame rate, or they are too few
 */
export async function measureMotionReference(
  dataset: MotionDataset,
  judge: MotionJudge,
  { limit = 1000, signal }: { limit?: number; signal?: AbortSignal } = {},
): Promise<MotionReference> {
  requireJudgeOf(dataset, judge);
  const { frames } = judge.shape;
  const random = new Random(0, "real");
  const real = { count: limit, signal };
  for (const part of ["test", "train"] as const) {
    const long = dataset[part].reduce((sum, { segments }) => sum + longEnough(segments, frames).length, 0);
    if (long < FEWEST_MOTIONS)
      throw new WrongUse(
        `Figures are of ${FEWEST_MOTIONS} motions at least; the ${part} clips of ${dataset.id} show one action for ${many(frames, "frame")} ${many(long, "time")}.`,
      );
  }
  return {
    ...{ dataset, judge },
    test: await judgeReal(judge, dataset.test, { ...real, random: random.split("test") }),
    train: await judgeReal(judge, dataset.train, { ...real, random: random.split("train") }),
  };
}

export interface MotionEvaluateOptions {
  /** What the motions are asked for; 256 by default. What they show, the test captions say. */
  sample?: SampleOptions;
  /** Bootstrap resamples; 0 leaves intervals out. */
  resamples?: number;
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface MotionEvaluation {
  model: string;
  data: string;
  judge: string;
  count: number;
  /** Network evaluations of each motion. */
  nfe: number;
  seed: number;
  /** Captions of test motions that the model cannot read, which it was not asked to show, and why. */
  leftOut: { caption: string; why: string }[];
  metrics: MetricReport[];
}

/**
 * Lets a model show what the captions of test motions say, and judges it: every number beside that of real motions.
 * Captions that the model cannot read are left out, and told.
 * @throws WrongUse where it can read none; OptionError, also where its motions are shorter than the judge's window, or of another frame rate
 */
export async function evaluateMotion(
  model: MotionGenerator,
  reference: MotionReference,
  evaluation: MotionEvaluateOptions = {},
): Promise<MotionEvaluation> {
  requireKnown("evaluateMotion", evaluation, ["sample", "resamples", "signal"]);
  const { sample = {}, resamples, signal } = evaluation;
  requireResamples(resamples);
  const { judge, dataset, test } = reference;
  const { count = 256, seed = 0, ...options } = requireMotionSample(model, judge, sample);
  const leftOut = unreadableOf(model, test.asked);
  const known = test.asked.filter(({ prompt }) => !leftOut.some(({ caption }) => caption === prompt));
  if (known.length === 0)
    throw new WrongUse(
      `${model.config.name} can read none of the ${many(leftOut.length, "caption")} of test motions of ${dataset.id}. ${leftOut[0].why}`,
    );
  const asked = Array.from({ length: count }, (_, i) => known[i % known.length]);
  const whole = { ...options, count, seed, prompt: asked.map(({ prompt }) => prompt) };
  const { clips } = await model.sample(whole, { signal });
  await pause(signal);
  const drawn = await judgeMotions(judge, clips, asked, { signal });
  await pause(signal);
  return {
    ...{ model: model.config.name, data: dataset.id, judge: judge.config.name },
    ...{ count, nfe: model.cost(whole), seed, leftOut },
    metrics: metricsOf(drawn, reference, { seed, resamples }),
  };
}

/** Captions that a model cannot show, each once. */
function unreadableOf(model: MotionGenerator, asked: readonly Ask[]): MotionEvaluation["leftOut"] {
  return [...new Set(asked.map(({ prompt }) => prompt))].flatMap((caption) => {
    const why = model.unreadable(caption);
    return why === null ? [] : [{ caption, why }];
  });
}

/**
 * What a model is asked for where its motions are judged, with their length in seconds. @throws OptionError where they
 * cannot be judged so
 */
export function requireMotionSample(
  model: MotionGenerator,
  judge: MotionJudge,
  sample: SampleOptions,
): SampleOptions & { seconds: number } {
  const { fps, frames } = judge.shape;
  const { count = 256, prompt, seconds = (LENGTH * frames) / fps } = sample;
  const [name, own] = [model.config.name, judge.config.name];
  if (prompt !== undefined)
    throw new OptionError("Motions that are measured show what the captions of test motions say; leave out prompt.");
  if (!(Number.isInteger(count) && count >= FEWEST_MOTIONS))
    throw new OptionError(`count must be a whole number of at least ${FEWEST_MOTIONS} motions, got ${count}.`);
  if (model.fps !== fps)
    throw new OptionError(`${own} sees ${fps} frames a second, and ${name} draws ${model.fps}; they do not fit.`);
  if (!(typeof seconds === "number" && Math.round(seconds * fps) >= frames))
    throw new OptionError(
      `${own} sees ${frames / fps} seconds of each motion; seconds must be as many, got ${seconds}.`,
    );
  const asked = { ...sample, seconds };
  model.cost(asked);
  return asked;
}

function metricsOf(
  drawn: JudgedMotions,
  { judge, dataset, test, train }: MotionReference,
  { seed, resamples }: { seed: number; resamples?: number },
): MetricReport[] {
  const random = new Random(seed, "evaluation");
  const labels = ({ asked }: JudgedMotions) => asked.map(({ label }) => label);
  const about = { features: judge.config.name, reference: `${dataset.id} test` };
  const common = { ...about, n: drawn.asked.length };
  const one = (name: string, value: number, floor: number): MetricReport => ({
    name,
    value,
    floor,
    interval: null,
    ...common,
  });
  const each = (name: string, own: "jerk" | "skating"): MetricReport => ({
    ...one(name, mean(drawn[own]), mean(test[own])),
    interval: intervalOfMean(drawn[own], { resamples, random }),
    features: "joints",
  });
  const [precision, real] = [precisionOf(drawn), precisionOf(test)];
  const draws = new Random(seed, "diversity");
  const [own, others] = [actionsOf(drawn), actionsOf(test)];
  const both = new Set([...own].filter((label) => others.has(label)));
  return [
    ...evaluateFeatures(
      { samples: drawn.features, reference: test.features, train: train.features },
      {
        ...about,
        ...{ random, metrics: ["frechet"], resamples },
        classified: {
          samples: { logits: drawn.logits, labels: labels(drawn) },
          reference: { logits: test.logits, labels: labels(test) },
        },
      },
    ),
    ...Array.from(precision, (value, k) => one(`R-precision, top ${k + 1} of 32`, value, real[k])),
    one("MM-Dist (text to motion)", textDistanceOf(drawn), textDistanceOf(test)),
    one("Diversity", diversityOf(drawn, draws.split("drawn")), diversityOf(test, draws.split("real"))),
    ...(both.size > 0
      ? [one("MultiModality (within an action)", multimodalityOf(drawn, both), multimodalityOf(test, both))]
      : []),
    each("Jerk (m a frame³)", "jerk"),
    each("Foot skating (share of frames)", "skating"),
  ];
}
