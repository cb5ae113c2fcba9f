import type { MotionBlock } from "fewstep/browser";

/** What is shown at one moment. */
export interface Pose {
  /** [J, 3], metres in the world. */
  readonly joints: Float32Array;
  /** [J, 4], x, y, z, w from the parent's frame. */
  readonly rotations: Float32Array;
  readonly root: readonly [number, number, number];
  /** [4], 1 where a foot stands; null where nobody has said. */
  readonly contacts: Uint8Array | null;
}

/** Seconds that are kept behind the playhead. */
const KEPT = 2;

/** Frames that have come and are to be shown at their rate; the playhead waits where there are none. */
export class Player {
  #frames: Pose[] = [];
  /** Number of the first frame that is kept. */
  #first = 0;
  /** Where the playhead is, in frames since the beginning. */
  at = 0;

  constructor(readonly fps: number) {}

  /** Frames that have come in all. */
  get end(): number {
    return this.#first + this.#frames.length;
  }
  /** Seconds of motion that are still to be shown. */
  get ahead(): number {
    return Math.max(0, this.end - 1 - this.at) / this.fps;
  }

  add({ clip, joints }: MotionBlock): void {
    const { rotations, root, contacts, frames, skeleton } = clip;
    const [places, turns] = [3 * skeleton.names.length, 4 * skeleton.names.length];
    for (let f = 0; f < frames; f++)
      this.#frames.push({
        joints: joints.subarray(f * places, (f + 1) * places),
        rotations: rotations.subarray(f * turns, (f + 1) * turns),
        root: [root[3 * f], root[3 * f + 1], root[3 * f + 2]],
        contacts: contacts?.subarray(f * 4, f * 4 + 4) ?? null,
      });
  }

  /** Moves on by so many seconds, and gives the pose there; null where nothing has come yet. */
  advance(seconds: number): Pose | null {
    if (this.#frames.length === 0) return null;
    this.at = Math.min(this.at + seconds * this.fps, this.end - 1);
    const drop = Math.min(Math.floor(this.at) - this.#first - KEPT * this.fps, this.#frames.length - 2);
    if (drop > 0) {
      this.#frames.splice(0, drop);
      this.#first += drop;
    }
    const i = Math.floor(this.at) - this.#first;
    return between(
      this.#frames[i],
      this.#frames[Math.min(i + 1, this.#frames.length - 1)],
      this.at - Math.floor(this.at),
    );
  }
}

const mix = (a: number, b: number, share: number) => a + share * (b - a);

/** The pose between two frames that follow each other. */
function between(a: Pose, b: Pose, share: number): Pose {
  return {
    joints: a.joints.map((value, k) => mix(value, b.joints[k], share)),
    rotations: turned(a.rotations, b.rotations, share),
    root: [0, 1, 2].map((k) => mix(a.root[k], b.root[k], share)) as [number, number, number],
    contacts: a.contacts,
  };
}

/** Rotations between those of two frames: they are near, so that a straight line is as good as an arc. */
function turned(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const out = new Float32Array(a.length);
  for (let q = 0; q < a.length; q += 4) {
    const dot = [0, 1, 2, 3].reduce((sum, k) => sum + a[q + k] * b[q + k], 0);
    for (let k = 0; k < 4; k++) out[q + k] = mix(a[q + k], dot < 0 ? -b[q + k] : b[q + k], share);
    const length = Math.hypot(...out.subarray(q, q + 4));
    for (let k = 0; k < 4; k++) out[q + k] /= length;
  }
  return out;
}
