import { FULL_BODY } from "../../motion/full-body.js";
import { aboutAxis, type Clip, IDENTITY, multiply, type Quaternion, slerp } from "../../motion/index.js";

const joint = (name: string) => FULL_BODY.names.indexOf(name);
const CHEST = joint("spine2");
const GAZE = [joint("neck"), joint("head")];
/** Breaths a second, and radians that the chest rises by. */
const BREATH = { rate: 0.25, turn: 0.012 };
/** How much nearer to the front neck and head turn while the other one speaks, and how slowly they follow, in frames. */
const ATTENTION = { share: 0.25, frames: 15 };

/** What a person does beside gesturing: breathes, and looks at the other one, who is in front, while that one speaks. */
export class IdleLayer {
  private frame = 0;
  private attention = 0;

  constructor(
    public amount: number,
    private readonly phase: number,
  ) {}

  /** Adds it to the next frames, of which `speech` says how probable it is that the other one speaks. Changes the clip. */
  add({ rotations, frames, fps }: Clip, speech: ArrayLike<number>): void {
    if (this.amount === 0) return;
    const joints = FULL_BODY.names.length;
    const change = (frame: number, which: number, to: (q: Quaternion) => Quaternion) => {
      const at = 4 * (frame * joints + which);
      rotations.set(to([...rotations.subarray(at, at + 4)] as Quaternion), at);
    };
    for (let f = 0; f < frames; f++, this.frame++) {
      this.attention += ((speech[f] ?? 0) - this.attention) / ATTENTION.frames;
      const breath = Math.sin(2 * Math.PI * BREATH.rate * (this.frame / fps) + this.phase);
      const turn = aboutAxis([1, 0, 0], -BREATH.turn * this.amount * breath);
      change(f, CHEST, (q) => multiply(q, turn));
      for (const which of GAZE)
        change(f, which, (q) => slerp(q, IDENTITY, ATTENTION.share * this.amount * this.attention));
    }
  }
}
