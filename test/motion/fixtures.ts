import { readFileSync } from "node:fs";
import { BODY, type Clip, type Skeleton } from "../../src/motion/index.js";
import { aboutAxis, normalize, type Quaternion, type Vector } from "../../src/motion/rotations.js";
import { Random } from "../../src/random/index.js";

/** Values by NumPy and SciPy in float64: test/goldens/motion/make_motion.py. */
export const golden = JSON.parse(readFileSync(new URL("../goldens/motion/motion.json", import.meta.url), "utf8"));

export const goldenClip: Clip = {
  skeleton: BODY,
  fps: golden.clip.fps,
  frames: golden.clip.frames,
  rotations: Float32Array.from(golden.clip.rotations),
  root: Float32Array.from(golden.clip.root),
  contacts: null,
};

export const randomRotation = (random: Random): Quaternion =>
  normalize([random.normal(), random.normal(), random.normal(), random.normal()]);
export const randomVector = (random: Random): Vector => [random.normal(), random.normal(), random.normal()];

/** Every joint turns anyhow but smoothly, and the root goes round a bend. */
export function randomClip(seed: number, frames = 12, { fps = 20, skeleton = BODY as Skeleton } = {}): Clip {
  const random = new Random(seed);
  const joints = skeleton.parents.length;
  const swings = Array.from({ length: joints }, () => ({ axis: randomVector(random), phase: random.uniform() * 6 }));
  const rotations = new Float32Array(frames * joints * 4);
  const root = new Float32Array(frames * 3);
  for (let t = 0; t < frames; t++) {
    for (const [joint, { axis, phase }] of swings.entries())
      rotations.set(aboutAxis(axis, 0.9 * Math.sin((5 * t) / fps + phase)), 4 * (t * joints + joint));
    root.set([Math.sin(t / fps), 0.9 + 0.1 * Math.cos((3 * t) / fps), 2 - (1.3 * t) / fps], 3 * t);
  }
  return { skeleton, fps, frames, rotations, root, contacts: null };
}

/** The largest difference of two lists of numbers of one length. */
export function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers, not ${b.length}`);
  let most = 0;
  for (let i = 0; i < a.length; i++)
    most = Math.max(most, Number.isNaN(a[i] - b[i]) ? Infinity : Math.abs(a[i] - b[i]));
  return most;
}

/** The angle between two rotations in radians, for q and −q alike. */
export const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const [p, q] = [Array.from(a), Array.from(b)];
  const sign = p.reduce((sum, value, i) => sum + value * q[i], 0) < 0 ? -1 : 1;
  return 4 * Math.asin(Math.min(1, Math.hypot(...p.map((value, i) => value - sign * q[i])) / 2));
};
