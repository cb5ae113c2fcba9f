import type { Joints } from "./body.js";

/** What a session gives: a stretch of motion, frame by frame. */
export interface Block {
  readonly frames: number;
  /** [T, 22, 3], metres in the world. */
  readonly joints: Float32Array;
  /** [T, 4], 1 where a foot stands; null where nobody has said. */
  readonly contacts: Uint8Array | null;
  /** Poses that are still in noise, the nearest first. */
  readonly ghosts: readonly Ghost[];
}
export interface Ghost {
  readonly joints: Joints;
  /** 0 noise … 1 final. */
  readonly certainty: number;
}

const JOINTS = 22;
/** Seconds that are kept behind the playhead. */
const KEPT = 2;

/** Frames that have come and are to be shown at their rate; the playhead waits where there are none. */
export class Player {
  #joints: Float32Array[] = [];
  #contacts: (Uint8Array | null)[] = [];
  /** Number of the first frame that is kept. */
  #first = 0;
  /** Where the playhead is, in frames since the beginning. */
  at = 0;
  /** Whether it had to wait for frames since it was last asked. */
  #starved = false;

  constructor(readonly fps: number) {}

  /** Frames that have come in all. */
  get end(): number {
    return this.#first + this.#joints.length;
  }
  /** Seconds of motion that are still to be shown. */
  get ahead(): number {
    return Math.max(0, this.end - 1 - this.at) / this.fps;
  }

  add({ frames, joints, contacts }: Block): void {
    for (let f = 0; f < frames; f++) {
      this.#joints.push(joints.subarray(f * JOINTS * 3, (f + 1) * JOINTS * 3));
      this.#contacts.push(contacts ? contacts.subarray(f * 4, f * 4 + 4) : null);
    }
  }

  /** Moves on by so many seconds, and gives the pose there; null where nothing has come yet. */
  advance(seconds: number): { joints: Float32Array; contacts: Uint8Array | null } | null {
    if (this.#joints.length === 0) return null;
    const last = this.end - 1;
    const wanted = this.at + seconds * this.fps;
    if (wanted > last + 0.5) this.#starved = true;
    this.at = Math.min(wanted, last);
    const drop = Math.min(Math.floor(this.at) - this.#first - KEPT * this.fps, this.#joints.length - 2);
    if (drop > 0) {
      this.#joints.splice(0, drop);
      this.#contacts.splice(0, drop);
      this.#first += drop;
    }
    const i = Math.floor(this.at) - this.#first;
    const share = this.at - Math.floor(this.at);
    const [a, b] = [this.#joints[i], this.#joints[Math.min(i + 1, this.#joints.length - 1)]];
    const joints = Float32Array.from(a, (value, k) => value + share * (b[k] - value));
    return { joints, contacts: this.#contacts[i] };
  }

  /** Whether the playhead had to wait, since this was last asked. */
  takeStarved(): boolean {
    const starved = this.#starved;
    this.#starved = false;
    return starved;
  }
}
