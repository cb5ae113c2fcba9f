import type { LabelledClip, MotionDataset } from "../../src/data/motion-dataset.js";
import type { MotionJudge } from "../../src/judges/motion/model.js";
import { judgedRows, windowsOf } from "../../src/judges/motion/windows.js";
import { type Features, features, frechetDistance } from "../../src/metrics/index.js";
import { aroundBoundary, footSkating, jerk, meanJerk, peakJerk } from "../../src/metrics/motion/index.js";
import { mean } from "../../src/metrics/quantile.js";
import type { MotionGenerator, MotionSession } from "../../src/models/generator.js";
import { type Clip, joinClips, onBody, positionsOf } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";
import { median, round } from "../report.js";
import { asks } from "./draw.js";
import { judged, realOf } from "./judging.js";

/** Steps of a block from noise to clean, and between the beginnings of two blocks. */
export interface Pace {
  readonly steps: number;
  readonly lag: number;
}
/** A pace, and what a session makes of a new text. */
export interface Turning extends Pace {
  readonly turn: "anew" | "blend";
  readonly guidance?: number;
}
const GUIDANCE = 2;
export const sessionOf = (pace: Pace & Partial<Turning>) => ({ prompt: "a person walks", guidance: GUIDANCE, ...pace });

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

async function blocks(session: MotionSession, count: number): Promise<Clip[]> {
  const clips: Clip[] = [];
  for (let i = 0; i < count; i++) clips.push(await session.next());
  return clips;
}

/** How fast motion comes, of a model that has drawn nothing yet. */
export async function speed(model: MotionGenerator, pace: Pace) {
  const first = () => timed(async () => (await model.open(sessionOf(pace))).next());
  const cold = await first();
  const warm: number[] = [];
  for (let i = 0; i < 5; i++) warm.push(await first());
  const session = await model.open(sessionOf(pace));
  await blocks(session, session.delay + 1);
  const count = 50;
  const ms = await timed(() => blocks(session, count));
  const told: number[] = [];
  for (let i = 0; i < 10; i++) {
    session.say(i % 2 === 0 ? "a person runs" : "a person walks");
    told.push(await timed(() => session.next()));
  }
  session.close();
  const seconds = (count * session.frames) / model.fps;
  return {
    realTime: round(seconds / (ms / 1000)),
    coldMs: round(cold),
    warmMs: round(median(warm)),
    sayMs: round(median(told)),
  };
}

/** Seconds before and after a new text, and those at the ends that medians are of. */
const [EACH, LAST] = [9, 5];
/** Metres a second that speeds differ by at least where a change shows. */
const DIFFERENCE = 0.3;
/** Frames that a real walk and a real run last at least. */
const SHORTEST = 30;

/** Seconds of motion from `say` until a walk has become a run, for each seed; null where it has not. */
export async function changes(model: MotionGenerator, turning: Turning, seeds: number): Promise<(number | null)[]> {
  const found: (number | null)[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const session = await model.open({ ...sessionOf(turning), seed });
    const count = Math.ceil((EACH * model.fps) / session.frames);
    const before = await blocks(session, count);
    session.say("a person runs");
    const all = joinClips([...before, ...(await blocks(session, count))]);
    session.close();
    found.push(turnedAfter(speedsOf(all), count * session.frames, model.fps));
  }
  return found;
}

/** Seconds from frame `told` until the speed is half way to what it is at the end; null where it hardly rises. */
function turnedAfter(speeds: readonly number[], told: number, fps: number): number | null {
  const slow = median(speeds.slice(Math.max(0, told - LAST * fps), told));
  const fast = median(speeds.slice(Math.max(told, speeds.length - LAST * fps)));
  const crossed = speeds.findIndex((speed, t) => t >= told && speed > (slow + fast) / 2);
  return fast - slow < DIFFERENCE || crossed < 0 ? null : (crossed - told) / fps;
}

/** The same of real clips that show a walk and then a run: from where the run begins by its caption. */
export function realChanges({ train, classNames }: MotionDataset): (number | null)[] {
  const [walk, run] = ["walk", "run"].map((name) => classNames!.indexOf(name));
  return train.flatMap(({ clip, segments }) =>
    segments.flatMap(({ label, start, end }, i) => {
      const before = segments[i - 1];
      if (label !== run || before?.label !== walk) return [];
      if (start - before.start < SHORTEST || end - start < SHORTEST) return [];
      const speeds = speedsOf(clip).slice(before.start, end);
      return [turnedAfter(speeds, start - before.start, clip.fps)];
    }),
  );
}

/** The root's speed over the floor, metres a second, mean of half a second around each frame. */
function speedsOf({ root, frames, fps }: Clip): number[] {
  const way = (t: number) => Math.hypot(root[3 * t] - root[3 * t - 3], root[3 * t + 2] - root[3 * t - 1]) * fps;
  const raw = Array.from({ length: frames }, (_, t) => way(Math.max(1, t)));
  const around = Math.round(fps / 4);
  return raw.map((_, t) => {
    const near = raw.slice(Math.max(0, t - around), t + around + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** Motions that the Fréchet distance of a pace is of, and their seconds. */
const [COUNT, SECONDS] = [196, 4.8];

/** Fréchet distance of motions drawn at a pace to real ones, and their share of skating. */
export async function quality(model: MotionGenerator, judge: MotionJudge, dataset: MotionDataset, pace: Pace) {
  const real = await realOf(judge, dataset, COUNT);
  const asked = asks(dataset.test, COUNT, new Random(0, "bench"));
  const prompt = asked.map(({ prompt }) => prompt);
  const { clips } = await model.sample({ ...pace, prompt, count: COUNT, seconds: SECONDS, guidance: GUIDANCE });
  const { frechet, skating } = await judged(judge, clips, asked, real);
  return { frechet: round(frechet), floor: round(real.floor), skating: round(skating) };
}

/** Seconds of a session before and after a new text whose motion is judged. */
const [UNTIL, AFTER] = [2.4, 4.8];

/** Fréchet distance to real motions, accuracy and skating of what sessions show after a new text, of `count` sessions. */
export async function turnQuality(
  model: MotionGenerator,
  judge: MotionJudge,
  { dataset, turning, count }: { dataset: MotionDataset; turning: Turning; count: number },
) {
  const real = await realOf(judge, dataset, count);
  const asked = asks(dataset.test, count + 1, new Random(0, "bench"));
  const clips: Clip[] = [];
  for (let seed = 0; seed < count; seed++) {
    const session = await model.open({ ...sessionOf(turning), prompt: asked[seed].prompt, seed });
    await blocks(session, Math.round((UNTIL * model.fps) / session.frames));
    session.say(asked[seed + 1].prompt);
    clips.push(joinClips(await blocks(session, Math.round((AFTER * model.fps) / session.frames))));
    session.close();
  }
  const { frechet, accuracy, skating, jerk } = await judged(judge, clips, asked.slice(1), real);
  const figures = { frechet, floor: real.floor, accuracy, skating, jerk };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)]));
}

/** Jerk (m a frame³) where a session goes on from a real clip: the peak of its mean there, and the mean on either side. */
export async function goingOn(model: MotionGenerator, clips: readonly LabelledClip[]) {
  const [seams, before, after]: Float64Array[][] = [[], [], []];
  for (const [seed, { clip, segments }] of clips.entries()) {
    const session = await model.open({ prompt: segments.at(-1)!.captions[0], seed }, { from: clip });
    const next = joinClips(await blocks(session, 4));
    session.close();
    seams.push(jerk(aroundBoundary(positionsOf(joinClips([onBody(clip), next])), clip.frames, 20)));
    before.push(jerk(positionsOf(clip)));
    after.push(jerk(positionsOf(next)));
  }
  const meanOf = (all: readonly Float64Array[]) => round(mean(all.map(mean)));
  return { clips: clips.length, seam: round(peakJerk(meanJerk(seams))), before: meanOf(before), after: meanOf(after) };
}

/** What a long session shows, each as long, in every minute alike. */
const PROGRAMME = [
  "a person walks",
  "a person runs",
  "a person stands still",
  "a person waves with the right hand",
  "a person walks backward",
  "a person jumps",
];

/** Minutes of motion: what memory and motions become. */
export async function endure(
  model: MotionGenerator,
  judge: MotionJudge,
  { minutes, history, ...pace }: Pace & { minutes: number; history: number },
) {
  const session = await model.open({ ...sessionOf(pace), history });
  const perMinute = Math.round((60 * model.fps) / session.frames);
  const minute = async (): Promise<Clip> => {
    const clips: Clip[] = [];
    for (let i = 0; i < perMinute; i++) {
      const part = Math.floor((i * PROGRAMME.length) / perMinute);
      if (i === 0 || part > Math.floor(((i - 1) * PROGRAMME.length) / perMinute)) session.say(PROGRAMME[part]);
      clips.push(await session.next());
    }
    return joinClips(clips);
  };
  const memory = () => Math.round(process.memoryUsage.rss() / 2 ** 20);
  const first = await minute();
  const afterFirst = memory();
  let [second, last] = [first, first];
  for (let i = 1; i < minutes; i++) {
    last = await minute();
    if (i === 1) second = last;
  }
  const atEnd = memory();
  session.close();
  const [a, b, z] = [await seen(judge, first), await seen(judge, second), await seen(judge, last)];
  const skating = (clip: Clip) => round(footSkating(positionsOf(clip), clip.fps));
  return {
    ...{ history, minutes, megabytesAfterMinute1: afterFirst, megabytesAtEnd: atEnd },
    ...{ skatingFirst: skating(first), skatingLast: skating(last) },
    ...{ frechetSecond: round(frechetDistance(b, a)), frechetLast: round(frechetDistance(z, a)) },
  };
}

/** A judge's features of windows that begin every half second or so. */
async function seen(judge: MotionJudge, clip: Clip): Promise<Features> {
  const { frames, features: dim } = judge.shape;
  const starts: number[] = [];
  for (let start = 0; start + frames <= clip.frames; start += 12) starts.push(start);
  const rows = judgedRows(clip);
  const windows = windowsOf(
    starts.map(() => ({ rows })),
    starts,
    frames,
  );
  return features((await judge.judge(windows)).features, dim);
}
