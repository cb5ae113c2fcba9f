import { aboutAxis, multiply, type Quaternion } from "../../../motion/rotations.js";
import { JOINT, type Side, signOf } from "./body.js";
import { ease } from "./curves.js";

/**
 * The body above the pelvis in degrees: the spine leans forward, tilts to the left and turns to the left; the head nods
 * down, cocks to the left and looks to the left. An arm hangs at 0: it is brought forward, spread to the side, rolled
 * about itself (to which side the elbow bends: 0 forward, −90 up from a spread arm), and bent at the elbow.
 */
export const UPPER_KEYS = [
  ...(["lean", "tilt", "turn", "nod", "cock", "look"] as const),
  ...(["leftForward", "leftSpread", "leftRoll", "leftElbow"] as const),
  ...(["rightForward", "rightSpread", "rightRoll", "rightElbow"] as const),
] as const;
export type UpperBody = Record<(typeof UPPER_KEYS)[number], number>;

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
    const weight = weightOf(layer, t);
    if (weight === 0) continue;
    const over = layer.at(t);
    for (const key of Object.keys(over) as (keyof UpperBody)[]) pose[key] += weight * (over[key]! - pose[key]);
  }
  return pose;
}

/** Values of one arm by its side. */
export const armOf = (
  side: Side,
  arm: Readonly<Partial<Record<"Forward" | "Spread" | "Roll" | "Elbow", number>>>,
): Partial<UpperBody> =>
  Object.fromEntries(Object.entries(arm).map(([key, value]) => [`${side === 0 ? "left" : "right"}${key}`, value]));

const about = (axis: 0 | 1 | 2, degrees: number): Quaternion =>
  aboutAxis([axis === 0 ? 1 : 0, axis === 1 ? 1 : 0, axis === 2 ? 1 : 0], (degrees * Math.PI) / 180);

/** Turn, tilt and lean, the inner one first. */
const bent = (turn: number, tilt: number, lean: number): Quaternion =>
  multiply(about(1, turn), multiply(about(2, -tilt), about(0, lean)));

/** The turns of the upper body's joints against their parents, by index of the joint. */
export function upperRotations(pose: Readonly<UpperBody>): ReadonlyMap<number, Quaternion> {
  const turns = new Map<number, Quaternion>();
  const spine = bent(pose.turn / 3, pose.tilt / 3, pose.lean / 3);
  for (const joint of ["spine1", "spine2", "spine3"]) turns.set(JOINT[joint], spine);
  const head = bent(pose.look / 2, pose.cock / 2, pose.nod / 2);
  for (const joint of ["neck", "head"]) turns.set(JOINT[joint], head);
  for (const side of ["left", "right"] as const) {
    const sign = signOf(side === "left" ? 0 : 1);
    const [forward, spread, roll, elbow] = [
      pose[`${side}Forward`],
      pose[`${side}Spread`],
      pose[`${side}Roll`],
      pose[`${side}Elbow`],
    ];
    const raised = Math.max(0, spread - 70) * 0.35; // the collar lifts what the shoulder alone would not
    turns.set(JOINT[`${side}Collar`], about(2, sign * raised));
    const down = about(2, sign * (spread - raised - 90));
    turns.set(JOINT[`${side}Shoulder`], multiply(about(0, -forward), multiply(down, about(0, roll))));
    turns.set(JOINT[`${side}Elbow`], about(1, -sign * elbow));
  }
  return turns;
}
