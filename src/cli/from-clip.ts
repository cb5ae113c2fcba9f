import { many } from "../io/show.js";
import type { MotionGenerator, SampleOptions } from "../models/generator.js";
import { arriveAt, type Clip, cutClip, joinClips, onBody, resample, seamJump } from "../motion/index.js";
import { checked, requireFile, UsageError } from "./output.js";

/**
 * The one motion of a file that a flag names, on the body of 22 joints. @throws UsageError where there is no such file, or
 * several motions
 */
export async function clipFrom(path: string, flag: string): Promise<Clip> {
  const { MOTION_FILE, MOTION_FORMATS, readMotionFile } = await import("../data/motion/read-file.js");
  if (!MOTION_FILE.test(path)) throw new UsageError(`${flag} is a file of ${MOTION_FORMATS}, got "${path}".`);
  requireFile(path, `one of ${MOTION_FORMATS}`);
  const { motions } = await readMotionFile(path);
  if (motions.length === 1) return motions[0].clip;
  throw new UsageError(`${path} holds ${many(motions.length, "motion")}; give a file with one for ${flag}.`);
}

/** Of a motion between clips: how long it is (6 s), and how it is drawn. */
type Between = SampleOptions & { seconds?: number; count?: number };

function secondsOf({ seconds = 6, count = 1 }: Between): number {
  if (count !== 1) throw new UsageError(`One motion goes on from a clip, or to one; leave out --count, got ${count}.`);
  if (!(seconds > 0 && seconds <= 600)) throw new UsageError(`--seconds must be above 0, 600 at most, got ${seconds}.`);
  return seconds;
}

/** A clip and what a model goes on with, as one motion: `seconds` more, drawn as a session draws. @throws UsageError */
export async function continued(model: MotionGenerator, given: Between, from: Clip): Promise<Clip> {
  const { seconds: _, count: __, ...options } = given;
  const seconds = secondsOf(given);
  const session = await checked(() => model.open(options, { from }));
  const clips: Clip[] = [onBody(resample(from, model.fps))];
  const wanted = clips[0].frames + Math.round(seconds * model.fps);
  for (let frames = clips[0].frames; frames < wanted; frames += session.frames) clips.push(await session.next());
  session.close();
  return cutClip(joinClips(clips), 0, wanted);
}

/** Seconds that are drawn beyond those asked for, of which the best are taken, where a clip is arrived at. */
const CHOICE = 1.2;

/**
 * A motion that arrives at a clip after `seconds` or up to 1.2 more, where it goes over best, and the clip, as one; `jump` is
 * that of their seam, in steps from frame to frame. `from`: what it goes on from. @throws UsageError
 */
export async function arriving(
  model: MotionGenerator,
  given: Between,
  { from, to }: { from: Clip | null; to: Clip },
): Promise<{ whole: Clip; jump: number }> {
  const seconds = secondsOf(given);
  if (given.loop) throw new UsageError("A motion that ends with a clip goes round to nothing; leave out --loop.");
  const frames = Math.max(2, Math.round(seconds * model.fps));
  const drawn = { ...given, seconds: (frames + 2) / model.fps + CHOICE };
  const motion = from ? await continued(model, drawn, from) : (await checked(() => model.sample(drawn))).clips[0];
  const begun = from ? onBody(resample(from, model.fps)).frames : 0;
  const other = onBody(resample(to, model.fps));
  const [before, after] = await checked(() => arriveAt(motion, other, begun + frames));
  return { whole: joinClips([before, after]), jump: seamJump(before, after) };
}
