import { many } from "../io/show.js";
import { Motions } from "../media/motions.js";
import type { MotionGenerator, SampleOptions } from "../models/generator.js";
import { type Clip, joinClips, onBody, resample } from "../motion/index.js";
import { checked, requireFile, UsageError } from "./output.js";

/** The one motion of a file, on the body of 22 joints. @throws UsageError where there is no such file, or several motions */
export async function clipFrom(path: string): Promise<Clip> {
  const { MOTION_FILE, MOTION_FORMATS, readMotionFile } = await import("../data/motion/read-file.js");
  if (!MOTION_FILE.test(path)) throw new UsageError(`--from-clip is a file of ${MOTION_FORMATS}, got "${path}".`);
  requireFile(path, `one of ${MOTION_FORMATS}`);
  const { motions } = await readMotionFile(path);
  if (motions.length === 1) return motions[0].clip;
  throw new UsageError(`${path} holds ${many(motions.length, "motion")}; give a file with one to go on from.`);
}

/** A clip and what a model goes on with, as one motion: `seconds` more (6), drawn as a session draws. @throws UsageError */
export async function continued(
  model: MotionGenerator,
  given: SampleOptions & { seconds?: number; count?: number },
  from: Clip,
): Promise<Motions> {
  const { seconds = 6, count = 1, ...options } = given;
  if (count !== 1) throw new UsageError(`One motion goes on from a clip; leave out --count, got ${count}.`);
  if (!(seconds > 0 && seconds <= 600)) throw new UsageError(`--seconds must be above 0, 600 at most, got ${seconds}.`);
  const session = await checked(() => model.open(options, { from }));
  const clips: Clip[] = [onBody(resample(from, model.fps))];
  const wanted = clips[0].frames + Math.round(seconds * model.fps);
  for (let frames = clips[0].frames; frames < wanted; frames += session.frames) clips.push(await session.next());
  session.close();
  return new Motions([firstFrames(joinClips(clips), wanted)]);
}

const firstFrames = ({ skeleton, fps, rotations, root, contacts }: Clip, frames: number): Clip => ({
  ...{ skeleton, fps, frames },
  rotations: rotations.slice(0, 4 * frames * skeleton.names.length),
  root: root.slice(0, 3 * frames),
  contacts: contacts?.slice(0, 4 * frames) ?? null,
});
