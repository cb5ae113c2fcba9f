import type { Clip } from "./clip.js";
import { poseAt, requireBody } from "./kinematics.js";
import { added, REACH, scaled, within } from "./leg.js";
import { legsOf } from "./on-body.js";
import { type Aim, minus, PlantedFoot, shareOf } from "./plant-foot.js";
import { bentLeg, LEGS, type LegPose, legAt } from "./plant-leg.js";
import { dot, type Quaternion, type Vector } from "./rotations.js";
import { BODY } from "./skeleton.js";

/** How fast the pelvis goes with the feet that stand, is lowered and rises: what is left shrinks by e in 1/rate seconds. */
const RATES = { follow: 4, lower: 10, rise: 4 };
/** Metres that the pelvis is lowered at most, so that a leg reaches. */
const LOWEST = 0.08;
/** The share of a leg's length that it is stretched to at most, unless it was more before. */
const STRETCH = 0.995;

/**
 * Holds feet where they stand, frame by frame. While a clip's contacts say that an ankle or a ball stands, it stays where
 * it was when it began to, and comes down to the floor if it is near; after it lifts, it goes back smoothly to where it
 * would be, not scraping over the floor. Legs follow by their hips and knees, the plane in which a knee bends is kept, and
 * no knee bends backward. The pelvis goes along with what stands, and is lowered where a leg is too short; a foot that is
 * out of reach all the same is drawn along. Balls are never below the floor, y = 0.
 *
 * A motion may come in blocks: a frame depends on those before it only, and blocks give what the whole would.
 */
export class FeetPlanter {
  private readonly feet = [new PlantedFoot(), new PlantedFoot()] as const;
  /** How far the pelvis is moved over the floor, and lowered, metres. */
  private moved: Vector = [0, 0, 0];
  private low = 0;
  private begun = false;

  /**
   * The next frames, with their feet planted.
   * @throws RangeError unless the clip has contacts and is on the body of 22 joints, with legs.
   */
  plant(clip: Clip): Clip {
    requireBody(clip.skeleton);
    if (!clip.contacts)
      throw new RangeError("This clip does not say which feet stand, so they cannot be planted: give it contacts.");
    const size = legsOf(clip.skeleton) / legsOf(BODY);
    if (!(size > 0 && size < Infinity)) throw new RangeError("A body without legs has no feet to plant.");
    const out = { ...clip, rotations: clip.rotations.slice(), root: clip.root.slice() };
    for (let frame = 0; frame < clip.frames; frame++) this.frame(out, frame, clip.contacts, size);
    return out;
  }

  private frame(out: Clip, frame: number, contacts: Uint8Array, size: number): void {
    const { fps, skeleton } = out;
    const pose = poseAt(out, frame);
    const legs = LEGS.map((joints) => legAt(skeleton, pose, joints));
    const { moved } = this;
    const aims = legs.map((leg, side) => {
      const [ankle, ball] = contacts.subarray(4 * frame + 2 * side);
      return this.feet[side].aim(leg, [ankle === 1, ball === 1], { size, fps, moved });
    });
    this.follow(legs, aims, fps);
    this.lower(legs, aims, size, fps);
    const shift: Vector = [this.moved[0], -this.low, this.moved[2]];
    out.root.set(added(pose.positions[0], shift), 3 * frame);
    const set = (joint: number, turn: Quaternion) => {
      const at = out.rotations.subarray(4 * (frame * skeleton.parents.length + joint)).subarray(0, 4);
      const sign = dot(at, turn) < 0 ? -1 : 1;
      for (let i = 0; i < 4; i++) at[i] = sign * turn[i];
    };
    legs.forEach((leg, side) => {
      const { turn, ankle: target } = aims[side];
      const hip = added(leg.hip, shift);
      const line = minus(target, hip);
      const ankle = added(hip, scaled(line, Math.min(1, reachOf(leg) / Math.hypot(...line))));
      const { thigh, shin } = bentLeg(leg, hip, ankle);
      set(leg.joints.hip, within(pose.rotations[0], thigh));
      set(leg.joints.knee, within(thigh, shin));
      set(leg.joints.ankle, within(shin, turn));
      this.feet[side].put(leg, { ankle, turn }, this.moved);
    });
    this.begun = true;
  }

  private follow(legs: readonly LegPose[], aims: readonly Aim[], fps: number): void {
    const { moved } = this;
    const offs = aims.flatMap(({ ankle, stands }, side) =>
      stands ? [minus(ankle, added(legs[side].ankle, moved))] : [],
    );
    for (const [x, , z] of offs)
      this.moved = added(this.moved, scaled([x, 0, z], shareOf(RATES.follow, fps) / offs.length));
  }

  private lower(legs: readonly LegPose[], aims: readonly Aim[], size: number, fps: number): void {
    const needs = aims.map(({ ankle, stands }, side) => {
      const [x, y, z] = minus(added(legs[side].hip, this.moved), ankle);
      return stands ? y - Math.sqrt(Math.max(0, reachOf(legs[side]) ** 2 - x ** 2 - z ** 2)) : 0;
    });
    const need = Math.min(LOWEST * size, Math.max(0, ...needs));
    const share = shareOf(need > this.low ? RATES.lower : RATES.rise, fps);
    this.low += (this.begun ? share : 1) * (need - this.low);
  }
}

/** How far from its hip an ankle can be, metres. */
const reachOf = ({ away, length }: LegPose): number => Math.min(REACH, Math.max(STRETCH, away / length)) * length;
