import type { MotionDataset } from "../../src/data/motion-dataset.js";
import type { MotionJudge } from "../../src/judges/motion/model.js";
import { judgedRows, windowsOf } from "../../src/judges/motion/windows.js";
import { type Features, features, frechetDistance } from "../../src/metrics/index.js";
import { footSkating } from "../../src/metrics/motion/index.js";
import type { MotionGenerator, MotionSession } from "../../src/models/generator.js";
import { type Clip, joinClips, positionsOf } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";
import { median, round } from "../report.js";
import { asks } from "./draw.js";
import { judged, realOf } from "./judging.js";

/** Steps of a block from noise to clean, and between the beginnings of two blocks. */
export interface Pace {
  readonly steps: number;
  readonly lag: number;
}
const GUIDANCE = 2;
export const sessionOf = ({ steps, lag }: Pace) => ({ prompt: "a person walks", steps, lag, guidance: GUIDANCE });

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
    // The blocks that had begun before come first
    told.push(await timed(() => blocks(session, session.delay)));
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

/** Seconds of motion from `say` until a walk has become a run, for each seed; null where it has not. */
export async function changes(model: MotionGenerator, pace: Pace, seeds: number): Promise<(number | null)[]> {
  const found: (number | null)[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const session = await model.open({ ...sessionOf(pace), seed });
    const count = Math.ceil((EACH * model.fps) / session.frames);
    const before = await blocks(session, count);
    session.say("a person runs");
    const all = joinClips([...before, ...(await blocks(session, count))]);
    session.close();
    const speeds = speedsOf(all, model.fps);
    const told = count * session.frames;
    const [slow, fast] = [told, speeds.length].map((end) => median(speeds.slice(end - LAST * model.fps, end)));
    const crossed = speeds.findIndex((speed, t) => t >= told && speed > (slow + fast) / 2);
    found.push(fast - slow < DIFFERENCE || crossed < 0 ? null : (crossed - told) / model.fps);
  }
  return found;
}

/** The root's speed over the floor, metres a second, mean of half a second around each frame. */
function speedsOf({ root, frames }: Clip, fps: number): number[] {
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
