import { framesIn, type Rows } from "./rows.js";

/** Indices in FULL_BODY of the joints of which beats are taken: trunk, neck, collars, head and arms. */
export const BEAT_JOINTS: readonly number[] = [3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21];

/** Frames on either side that a beat is slower than. */
const ORDER = 7;
/** Share of a joint's usual top speed below which it is at rest, and has no beats. */
const MOVING = 0.1;

/** Speeds of joints [T, J] a second from places or angles [T, J, size], by central differences; one-sided at the ends. */
export function jointSpeeds(
  values: Rows,
  { joints, size, fps }: { joints: number; size: number; fps: number },
): Float32Array {
  const width = joints * size;
  const frames = framesIn(values, width, 2);
  const speeds = new Float32Array(frames * joints);
  for (let t = 0; t < frames; t++) {
    const [a, b] = [Math.max(0, t - 1), Math.min(frames - 1, t + 1)];
    for (let joint = 0; joint < joints; joint++) {
      let squares = 0;
      for (let i = joint * size; i < (joint + 1) * size; i++)
        squares += (values[b * width + i] - values[a * width + i]) ** 2;
      speeds[t * joints + joint] = (fps * Math.sqrt(squares)) / (b - a);
    }
  }
  return speeds;
}

/** Each joint's top speed in a clip, averaged over clips, [J]: what beats are measured by. */
export function topSpeeds(clips: readonly Rows[], joints: number): Float64Array {
  const tops = new Float64Array(joints);
  for (const speeds of clips)
    for (let joint = 0; joint < joints; joint++) {
      let top = 0;
      for (let at = joint; at < speeds.length; at += joints) top = Math.max(top, speeds[at]);
      tops[joint] += top / clips.length;
    }
  return tops;
}

/**
 * When a joint's gestures have their beats, seconds: frames slower than the seven on either side, in which the joint
 * moves with more than a tenth of `top`. `speed` is [T]; frame t is at (t + 0.5) / fps.
 */
export function gestureBeats(speed: Rows, { top, fps }: { top: number; fps: number }): number[] {
  const beats: number[] = [];
  for (let t = ORDER; t < speed.length - ORDER; t++) {
    let lowest = speed[t] > MOVING * top;
    for (let k = 1; lowest && k <= ORDER; k++) lowest = speed[t] < speed[t - k] && speed[t] < speed[t + k];
    if (lowest) beats.push((t + 0.5) / fps);
  }
  return beats;
}

/** Mean of exp(−d² / 2σ²) over times, d being the distance to the nearest of `others`; 0 where there are none. */
export function alignment(times: readonly number[], others: readonly number[], sigma: number): number {
  if (times.length === 0 || others.length === 0) return 0;
  let sum = 0;
  for (const time of times) {
    let nearest = Infinity;
    for (const other of others) nearest = Math.min(nearest, Math.abs(time - other));
    sum += Math.exp(-(nearest ** 2) / (2 * sigma ** 2));
  }
  return sum / times.length;
}

export interface BeatConsistency {
  /** Over the gesture's beats: how near each has a beat of the sound. */
  readonly motionToSound: number;
  /** Over the sound's beats: how near each has a beat of the gesture. */
  readonly soundToMotion: number;
}

/**
 * Beat consistency of a clip as EMAGE has it, in [0, 1]: each joint's {@link alignment} of its beats with the sound's
 * in both directions, averaged over joints; one without beats counts 0. With EMAGE's σ of 0.3 s unrelated sounds score
 * high too, so compare with them, or take 0.1 s.
 * @param speeds [T, J], see {@link jointSpeeds}
 */
export function beatConsistency(
  speeds: Rows,
  sound: readonly number[],
  { tops, fps, sigma }: { tops: ArrayLike<number>; fps: number; sigma: number },
): BeatConsistency {
  const joints = tops.length;
  const frames = framesIn(speeds, joints);
  let [motionToSound, soundToMotion] = [0, 0];
  for (let joint = 0; joint < joints; joint++) {
    const own = Float32Array.from({ length: frames }, (_, t) => speeds[t * joints + joint]);
    const beats = gestureBeats(own, { top: tops[joint], fps });
    motionToSound += alignment(beats, sound, sigma) / joints;
    soundToMotion += alignment(sound, beats, sigma) / joints;
  }
  return { motionToSound, soundToMotion };
}

/**
 * Beat consistency of motion's beats over those joints of clips that have beats: the mean of their {@link alignment}s
 * with the sound's; null where nothing moves. Unlike {@link beatConsistency} it does not fall with joints that rest, so
 * that chance is the same for those who move little.
 * @param clips Of each: speeds [T, J], and the sound's beats, seconds
 */
export function movingBeatConsistency(
  clips: readonly { speeds: Rows; sound: readonly number[] }[],
  { tops, fps, sigma }: { tops: ArrayLike<number>; fps: number; sigma: number },
): number | null {
  const joints = tops.length;
  let [sum, moving] = [0, 0];
  for (const { speeds, sound } of clips)
    for (let joint = 0; joint < joints; joint++) {
      const own = Float32Array.from({ length: framesIn(speeds, joints) }, (_, t) => speeds[t * joints + joint]);
      const beats = gestureBeats(own, { top: tops[joint], fps });
      if (beats.length === 0) continue;
      sum += alignment(beats, sound, sigma);
      moving++;
    }
  return moving > 0 ? sum / moving : null;
}
