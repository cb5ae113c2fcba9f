import { offsetOf } from "./kinematics.js";
import { added, scaled, unit } from "./leg.js";
import type { LegPose } from "./plant-leg.js";
import { between, dot, IDENTITY, multiply, type Quaternion, rotate, slerp, type Vector } from "./rotations.js";
import { BODY, BODY_NAMES } from "./skeleton.js";

/** From ankle to ball, where BODY's sole is flat on the floor, and the heights of both then, metres. */
const SOLE = offsetOf(BODY, BODY_NAMES.indexOf("leftFoot"));
const BALL = 0.02;
const ANKLE = BALL - SOLE[1];
/** Metres from its height on the floor within which a joint that stands is taken to stand on it. */
const NEAR = 0.06;
/** What is left of a height shrinks, of a turn, of a lift: by e in 1/rate seconds. */
const RATES = { down: 10, turn: 8, fall: 8 };
/** How stiffly a lifted foot goes back to where it would be, 1/seconds: to a tenth of the way in about 3.9/SPRING. */
const SPRING = 14;
/** A ball lower than this, metres, that moves faster than this, metres a second, scrapes over the floor. */
const SCRAPES = { height: 0.05, speed: 0.5 };

export const minus = (a: Readonly<Vector>, b: Readonly<Vector>): Vector => added(a, scaled(b, -1));
/** The share of a way that is gone in a frame. */
export const shareOf = (rate: number, fps: number): number => 1 - Math.exp(-rate / fps);

/** Whether the ankle stands, and the ball. */
export type Stands = readonly [ankle: boolean, ball: boolean];
/** Where an ankle is to be, and how its foot is turned in the world. */
export interface Aim {
  readonly ankle: Vector;
  readonly turn: Quaternion;
  readonly stands: boolean;
}
interface Frame {
  /** Of the body, beside BODY. */
  readonly size: number;
  readonly fps: number;
  /** How far the pelvis is moved over the floor. */
  readonly moved: Vector;
}

/** One foot that is held where it stands: what is known of it from the frame before. */
export class PlantedFoot {
  /** The joint that stays where it is, where that is, and the height that it comes to; null while the foot is lifted. */
  private pivot: { readonly ball: boolean; at: Vector; readonly height: number } | null = null;
  /** From ankle to ball while both stand; null else. */
  private flat: Vector | null = null;
  /** The foot's turn against the one that it would have. */
  private turn: Quaternion = [...IDENTITY];
  /** How far the ankle is from where it would be on the moved pelvis, and by how much that grew in the last frame. */
  private off: Vector = [0, 0, 0];
  private speed: Vector = [0, 0, 0];
  /** How far it is lifted so as not to scrape, metres. */
  private raised = 0;
  /** Ankle and ball in the last frame; null before the first. */
  private last: { readonly ankle: Vector; readonly ball: Vector } | null = null;

  /** Where the foot of a leg is to be in the next frame. */
  aim(leg: LegPose, [heel, ball]: Stands, frame: Frame): Aim {
    const { size, fps } = frame;
    this.turn = slerp(IDENTITY, this.turn, Math.exp(-RATES.turn / fps));
    let turn = multiply(this.turn, leg.foot);
    const sole = rotate(turn, leg.bone);
    const free = this.free(leg, sole, heel || ball, frame);
    if (this.pivot && !(this.pivot.ball ? ball : heel)) this.pivot = null;
    if (!this.pivot && (heel || ball)) {
      const stood = this.flat && this.last ? (ball ? this.last.ball : this.last.ankle) : null;
      const at = stood ?? (ball ? added(free, sole) : free);
      const floor = size * (ball ? BALL : ANKLE);
      this.pivot = { ball, at, height: at[1] < floor + size * NEAR ? floor : at[1] };
    }
    this.flat = this.pivot && heel && ball ? this.flattened(this.pivot, sole, frame) : null;
    if (!this.pivot) return { ankle: free, turn, stands: false };
    this.raised = 0;
    if (this.flat) {
      const level = between(sole, this.flat);
      this.turn = multiply(level, this.turn);
      turn = multiply(level, turn);
    }
    const [x, y, z] = this.pivot.at;
    const at: Vector = [x, y + this.share(RATES.down, fps) * (this.pivot.height - y), z];
    if (this.pivot.ball) return { ankle: minus(at, rotate(turn, leg.bone)), turn, stands: true };
    const bone = rotate(turn, leg.bone);
    const lowest = size * BALL - at[1];
    if (bone[1] < lowest) turn = multiply(between(bone, tilted(bone, lowest)), turn);
    return { ankle: at, turn, stands: true };
  }

  /** Notes where the foot has come to be. */
  put(leg: LegPose, { ankle, turn }: Pick<Aim, "ankle" | "turn">, moved: Vector): void {
    const off = minus(ankle, added(leg.ankle, [moved[0], moved[1] + this.raised, moved[2]]));
    this.speed = this.last ? minus(off, this.off) : [0, 0, 0];
    this.off = off;
    this.last = { ankle, ball: added(ankle, rotate(turn, leg.bone)) };
    if (this.pivot) this.pivot.at = this.pivot.ball ? this.last.ball : ankle;
  }

  /** Where the ankle would be if the foot did not stand: on its way back, and neither below the floor nor scraping. */
  private free(leg: LegPose, sole: Vector, lands: boolean, { size, fps, moved }: Frame): Vector {
    const k = SPRING / fps; // a critically damped spring
    const off = [0, 1, 2].map((i) => (this.off[i] + this.speed[i] + k * this.off[i]) * Math.exp(-k)) as Vector;
    const ankle = added(added(leg.ankle, moved), off);
    const ball = added(ankle, sole);
    if (!lands && this.last) {
      const before = this.last.ball;
      const fast = fps * Math.hypot(ball[0] - before[0], ball[2] - before[2]) > size * SCRAPES.speed;
      const height = size * SCRAPES.height;
      const scrapes = fast && (before[1] < height || this.raised > 0);
      const left = this.raised * (1 - shareOf(RATES.fall, fps));
      this.raised = Math.max(scrapes ? height - ball[1] : 0, left < 1e-4 ? 0 : left);
    }
    return [ankle[0], Math.max(ankle[1] + this.raised, size * BALL - sole[1]), ankle[2]];
  }

  /** From ankle to ball of a foot that stands as a whole: as it was, and laid flat where it is on the floor. */
  private flattened({ ball, at }: { ball: boolean; at: Vector }, sole: Vector, { size, fps }: Frame): Vector {
    const now = this.flat ?? sole;
    const [ankle, tip] = ball ? [at[1] - now[1], at[1]] : [at[1], at[1] + now[1]];
    if (Math.max(Math.abs(ankle - size * ANKLE), Math.abs(tip - size * BALL)) > size * NEAR) return now;
    const length = Math.hypot(...now);
    const level = tilted(now, (length * SOLE[1]) / Math.hypot(...SOLE));
    const share = this.share(RATES.down, fps);
    return scaled(unit(added(scaled(now, 1 - share), scaled(level, share))), length);
  }

  /** The share of a way that is gone in this frame: all of it in the first. */
  private share(rate: number, fps: number): number {
    return this.last ? shareOf(rate, fps) : 1;
  }
}

/** `bone` tilted so that it rises by `up`, in the same direction over the floor. */
function tilted(bone: Vector, up: number): Vector {
  const over = Math.hypot(bone[0], bone[2]);
  if (over === 0) return bone;
  const wide = Math.sqrt(Math.max(0, dot(bone, bone) - up ** 2)) / over;
  return [wide * bone[0], up, wide * bone[2]];
}
