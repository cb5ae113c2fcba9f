import { multiply, type Quaternion } from "../../../motion/rotations.js";
import { JOINT, SIDES, type Side, signOf } from "./body.js";
import { ease } from "./curves.js";

/**
 * The body above the pelvis in degrees: the spine leans forward, tilts to the left and turns to the left; the head nods
 * down, cocks to the left and looks to the left. An arm hangs at 0: it is brought forward, spread to the side, rolled
 * about itself (to which side the elbow bends: 0 forward, −90 up from a spread arm), and bent at the elbow.
 */
export type UpperBody = Record<
  | "lean"
  | "tilt"
  | "turn"
  | "nod"
  | "cock"
  | "look"
  | `${(typeof SIDES)[number]}${"Forward" | "Spread" | "Roll" | "Elbow"}`,
  number
>;

/** Something that the upper body does over what it does already: it replaces the values that it names, by its weight. */
export interface UpperLayer {
  readonly from: number;
  readonly to: number;
  /** Seconds in which its weight rises at its start, and falls at its end. */
  readonly fade: number;
  readonly at: (t: number) => Partial<UpperBody>;
}

/** From 0 to 1 and back: how much a layer counts at time `t`. */
export const weightOf = ({ from, to, fade }: Pick<UpperLayer, "from" | "to" | "fade">, t: number): number =>
  ease((t - from) / fade) * ease((to - t) / fade);

/** `base` with the layers over it, each over those before. */
export function layered(base: Readonly<UpperBody>, layers: readonly UpperLayer[], t: number): UpperBody {
  const pose = { ...base };
  for (const layer of layers) {
    if (t <= layer.from || t >= layer.to) continue;
    const weight = weightOf(layer, t);
    const over = layer.at(t);
    for (const key in over) {
      const name = key as keyof UpperBody;
      pose[name] += weight * (over[name]! - pose[name]);
    }
  }
  return pose;
}

/** Values of one arm by its side. */
export const armOf = (side: Side, forward: number, spread: number, roll: number, elbow: number): Partial<UpperBody> =>
  side === 0
    ? { leftForward: forward, leftSpread: spread, leftRoll: roll, leftElbow: elbow }
    : { rightForward: forward, rightSpread: spread, rightRoll: roll, rightElbow: elbow };

const about = (axis: 0 | 1 | 2, degrees: number): Quaternion => {
  const half = (degrees * Math.PI) / 360;
  const turn: Quaternion = [0, 0, 0, Math.cos(half)];
  turn[axis] = Math.sin(half);
  return turn;
};

/** Turn, tilt and lean, the inner one first. */
const bent = (turn: number, tilt: number, lean: number): Quaternion =>
  multiply(about(1, turn), multiply(about(2, -tilt), about(0, lean)));

/** Sets the turns of the upper body's joints against their parents, by index of the joint. */
export function setUpper(rotations: Quaternion[], pose: Readonly<UpperBody>): void {
  const spine = bent(pose.turn / 3, pose.tilt / 3, pose.lean / 3);
  for (const joint of SPINE) rotations[joint] = spine;
  const head = bent(pose.look / 2, pose.cock / 2, pose.nod / 2);
  for (const joint of HEAD) rotations[joint] = head;
  setArm(rotations, 0, pose.leftForward, pose.leftSpread, pose.leftRoll, pose.leftElbow);
  setArm(rotations, 1, pose.rightForward, pose.rightSpread, pose.rightRoll, pose.rightElbow);
}

function setArm(rotations: Quaternion[], side: Side, forward: number, spread: number, roll: number, elbow: number) {
  const sign = signOf(side);
  const [collar, shoulder, bend] = ARMS[side];
  const raised = Math.max(0, spread - 70) * 0.35; // the collar lifts what the shoulder alone would not
  rotations[collar] = about(2, sign * raised);
  const down = about(2, sign * (spread - raised - 90));
  rotations[shoulder] = multiply(about(0, -forward), multiply(down, about(0, roll)));
  rotations[bend] = about(1, -sign * elbow);
}

const SPINE = ["spine1", "spine2", "spine3"].map((name) => JOINT[name]);
const HEAD = ["neck", "head"].map((name) => JOINT[name]);
const ARMS = SIDES.map((side) => ["Collar", "Shoulder", "Elbow"].map((name) => JOINT[side + name]));
