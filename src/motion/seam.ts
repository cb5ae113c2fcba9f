import type { Clip } from "./clip.js";
import { BODY_FEATURES, FEATURE_PARTS, FeatureReader, type Place, startOf, toFeatures } from "./features.js";
import { multiply, type Quaternion, rotate, yaw } from "./rotations.js";
import { requireRows } from "./rows.js";

/** The numbers of a row that say how the body stands, wherever it is and goes. */
const POSE = [FEATURE_PARTS.height[0], FEATURE_PARTS.rotations[1]] as const;
/** Where the root, then joints 1 … 21 are, seen from the root's place on the floor. */
const PLACES = FEATURE_PARTS.positions;
/** Metres of pose that a difference of speed of a metre a frame weighs. */
const SPEED = 5;

const rowOf = (rows: Float32Array, frame: number) => rows.subarray(frame * BODY_FEATURES, (frame + 1) * BODY_FEATURES);

/** How far the joints of two rows are apart on average, seen from the root's place and heading; metres. */
function poseDistance(a: Float32Array, b: Float32Array): number {
  let sum = Math.abs(a[FEATURE_PARTS.height[0]] - b[FEATURE_PARTS.height[0]]);
  for (let at = PLACES[0]; at < PLACES[1]; at += 3)
    sum += Math.hypot(a[at] - b[at], a[at + 1] - b[at + 1], a[at + 2] - b[at + 2]);
  return sum / (1 + (PLACES[1] - PLACES[0]) / 3);
}

/** How ill row `i` of `a`, and the one behind it, go over into row `j` of `b` and the one behind that. */
function misfit(a: Float32Array, i: number, b: Float32Array, j: number): number {
  const [x, z] = FEATURE_PARTS.travel;
  const [p, q] = [rowOf(a, i + 1), rowOf(b, j + 1)];
  const speed = Math.hypot(p[x] - q[x], p[z - 1] - q[z - 1]);
  return poseDistance(rowOf(a, i), rowOf(b, j)) + poseDistance(p, q) + SPEED * speed;
}

/** Which of the numbers from `from` to `to` has the least cost. */
function least(from: number, to: number, cost: (at: number) => number): number {
  let best = { at: from, cost: Number.POSITIVE_INFINITY };
  for (let at = from; at <= to; at++) {
    const own = cost(at);
    if (own < best.cost) best = { at, cost: own };
  }
  return best.at;
}

/** The first `frames` rows, over whose last `blend` what would come behind them becomes `target`. */
function ledTo(rows: Float32Array, frames: number, target: Float32Array, blend: number): Float32Array {
  const out = rows.slice(0, frames * BODY_FEATURES);
  const behind = rowOf(rows, frames);
  const most = Math.min(blend, frames - 1);
  for (let k = 1; k <= most; k++) {
    const row = rowOf(out, frames - 1 - most + k);
    const t = k / (most + 1);
    const share = t * t * (3 - 2 * t);
    for (let i = POSE[0]; i < POSE[1]; i++) row[i] += share * (target[i] - behind[i]);
  }
  return out;
}

/** Frames that a seam is blended over, at so many a second. */
const blendOf = (fps: number): number => Math.round(0.6 * fps);

/**
 * `frames` of features [T, 203] that go round: of all stretches of this length the one whose end goes over into its
 * beginning best; over its last 0.6 s what would have come behind it becomes the beginning. The first row says how the
 * body comes into it from the last.
 * @throws RangeError for fewer rows than `frames` + 2; more of them give a choice
 */
export function loopOf(rows: Float32Array, frames: number, fps: number): Float32Array {
  const all = requireRows(rows, BODY_FEATURES);
  requireChoice(all, frames);
  const start = least(0, all - frames - 2, (at) => misfit(rows, at + frames, rows, at));
  const own = rows.subarray(start * BODY_FEATURES);
  const out = ledTo(own, frames, rowOf(own, 0), blendOf(fps));
  out.set(rowOf(own, frames).subarray(0, FEATURE_PARTS.height[0]));
  return out;
}

/**
 * A motion that arrives at another one: it ends after `frames` or later, where it goes over best, and over its last 0.6 s what
 * would have come behind that becomes the other's first pose. The other is moved over the floor to where it goes on, and
 * else stays as it is. Feet are not held over these 0.6 s, so that they may slide.
 * @throws RangeError for fewer frames than `frames` + 2, of which more give a choice; unless both are on the body of 22 joints,
 *   at one frame rate, and the other has 2 frames at least
 */
export function arriveAt(motion: Clip, other: Clip, frames: number): readonly [before: Clip, after: Clip] {
  requireChoice(motion.frames, frames);
  if (other.frames < 2) throw new RangeError(`What is arrived at has 2 frames at least, got ${other.frames}.`);
  if (other.fps !== motion.fps) throw new RangeError(`Both are of one frame rate, got ${motion.fps} and ${other.fps}.`);
  const [rows, at] = [toFeatures(motion), toFeatures(other)];
  const end = least(frames, motion.frames - 2, (here) => misfit(rows, here, at, 0));
  const { fps, skeleton } = motion;
  const reader = new FeatureReader({ fps, skeleton, start: startOf(motion) });
  const before = reader.read(ledTo(rows, end, rowOf(at, 0), blendOf(fps)));
  reader.read(rowOf(rows, end));
  return [before, beginningAt(other, reader.place)];
}

function requireChoice(all: number, frames: number): void {
  if (Number.isInteger(frames) && frames >= 2 && all >= frames + 2) return;
  throw new RangeError(`A seam after ${frames} frames, 2 at least, takes 2 more; there are ${all}.`);
}

/**
 * How far joints go from a clip's last frame to another's first one, over the median of how far they go from frame to frame in
 * both; seen from the root's place and heading, on average over the joints. 1 is a step like others, 0 is none.
 * @throws RangeError unless both are on the body of 22 joints and there are two steps
 */
export function seamJump(before: Clip, after: Clip): number {
  const [a, b] = [toFeatures(before), toFeatures(after)];
  const steps = [a, b].flatMap((rows) =>
    Array.from({ length: rows.length / BODY_FEATURES - 1 }, (_, t) => poseDistance(rowOf(rows, t), rowOf(rows, t + 1))),
  );
  if (steps.length < 2) throw new RangeError("A jump is told from the steps beside it; there are none.");
  const median = steps.sort((x, y) => x - y)[steps.length >> 1];
  return poseDistance(rowOf(a, before.frames - 1), rowOf(b, 0)) / Math.max(median, 1e-9);
}

/** A clip moved over the floor, so that it begins at a place and looks as is said there. */
export function beginningAt(clip: Clip, place: Place): Clip {
  const from = startOf(clip);
  const turn = yaw(place.yaw - from.yaw);
  const out = { ...clip, rotations: clip.rotations.slice(), root: clip.root.slice() };
  const numbers = 4 * clip.skeleton.names.length;
  for (let frame = 0; frame < clip.frames; frame++) {
    const [x, y, z] = clip.root.subarray(3 * frame, 3 * frame + 3);
    const [dx, , dz] = rotate(turn, [x - from.x, 0, z - from.z]);
    out.root.set([place.x + dx, y, place.z + dz], 3 * frame);
    const own = out.rotations.subarray(numbers * frame, numbers * frame + 4);
    own.set(multiply(turn, [...own] as Quaternion));
  }
  return out;
}
