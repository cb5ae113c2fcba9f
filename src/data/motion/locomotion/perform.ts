import type { Clip } from "../../../motion/index.js";
import { added, reachLeg, unit, within } from "../../../motion/leg.js";
import { aboutAxis, type Quaternion, rotate, type Vector } from "../../../motion/rotations.js";
import { type Body, bodyOf, JOINT, type Side } from "./body.js";
import { carriage } from "./carriage.js";
import { drags, type Foot, footAt, standsThrough } from "./feet.js";
import { footprints } from "./footprints.js";
import type { Manner } from "./manner.js";
import { Path, phaseAt } from "./path.js";
import { excess, hipOf, LOWEST, type Pelvis, pelvisAt, restless, smoothAbove, withinReach } from "./pelvis.js";
import type { Score } from "./score.js";
import { layered, setUpper, type UpperBody } from "./upper.js";

/** Every joint of one pose. */
export interface Posed {
  readonly root: Vector;
  /** [J]: against the parents. */
  readonly rotations: Quaternion[];
  /** Radians, left and right. */
  readonly knees: readonly [number, number];
}

export const FPS = 20;

/**
 * `frames` poses of a score from `start` seconds on, with which of ankles and feet stand through the way into each; null
 * where legs are too short for its steps, or feet would drag.
 */
export function poses(
  score: Score,
  manner: Manner,
  { start, frames }: { start: number; frames: number },
): { body: Body; poses: Posed[]; contacts: Uint8Array } | null {
  const body = bodyOf(manner.scale);
  const path = new Path(score, start, score.time + 1);
  const prints = footprints(score, path, body, manner.toeOut);
  const carried = carriage(manner);
  const fidget = restless(manner, [0.11 + 0.05 * manner.pace, 0.23 + 0.04 * manner.pace]);
  const times = Array.from({ length: frames }, (_, frame) => start + frame / FPS);
  const moments = times.map((t) => {
    const style = score.style.at(t);
    const phase = phaseAt(score, t);
    const layers = score.pelvis.filter(({ from, to }) => t > from && t < to).map(({ at }) => at(t));
    const pelvis = pelvisAt(body, path.at(t), style, phase, [fidget(t), ...layers]);
    const feet = prints.map((stances, foot) => footAt(body, foot as Side, stances, t)) as [Foot, Foot];
    const upper = layered(carried(style, phase, t), score.upper, t);
    const low = feet.map((foot, side) => (foot.free === 0 ? excess(body, pelvis, side as Side, foot.ankle) : 0));
    return { pelvis, feet, upper, low: Math.max(...low) };
  });
  if (moments.some(({ low }) => low > body.scale * LOWEST)) return null;
  const dragged = moments.some(({ feet }, frame) =>
    feet.some((foot, side) => frame > 0 && drags(body, side as Side, moments[frame - 1].feet[side], foot, 1 / FPS)),
  );
  if (dragged) return null;
  const lower = smoothAbove(moments.map(({ low }) => low));
  const contacts = new Uint8Array(4 * frames);
  const poses = moments.map(({ pelvis, feet, upper }, frame) => {
    const into = Math.max(frame, 1);
    prints.forEach((stances, side) => {
      contacts.set(
        standsThrough(stances, start + (into - 1) / FPS, start + into / FPS).map(Number),
        4 * frame + 2 * side,
      );
    });
    const { place, turn } = pelvis;
    return pose(body, { place: [place[0], place[1] - lower[frame], place[2]], turn }, feet, upper);
  });
  return { body, poses, contacts };
}

/** The legs reach for the feet from the pelvis. */
function pose(body: Body, pelvis: Pelvis, feet: readonly [Foot, Foot], upper: UpperBody): Posed {
  const rotations: Quaternion[] = body.skeleton.names.map(() => STILL);
  setUpper(rotations, upper);
  rotations[0] = pelvis.turn;
  const knees = feet.map((foot, side) => {
    const across = unit(added(rotate(pelvis.turn, [1, 0, 0]), rotate(foot.turn, [1, 0, 0])));
    const hip = hipOf(body, pelvis, side as Side);
    const leg = reachLeg(hip, withinReach(body, hip, foot), body.thigh, body.shin, across);
    const [thigh, shin, ankle, toes] = side === 0 ? LEFT_LEG : RIGHT_LEG;
    rotations[thigh] = within(pelvis.turn, leg.thigh);
    rotations[shin] = within(leg.thigh, leg.shin);
    rotations[ankle] = within(leg.shin, foot.turn);
    rotations[toes] = aboutAxis([1, 0, 0], -foot.toes);
    return leg.flexion;
  });
  return { root: pelvis.place, rotations, knees: [knees[0], knees[1]] };
}

const STILL: Quaternion = [0, 0, 0, 1];
const legOf = (side: string): readonly number[] => ["Hip", "Knee", "Ankle", "Foot"].map((name) => JOINT[side + name]);
const [LEFT_LEG, RIGHT_LEG] = [legOf("left"), legOf("right")];

/**
 * A score as a clip of `frames` frames at 20 fps, from `start` seconds on; its first frame faces +z over the origin. Null
 * where legs are too short for its steps, or feet would drag.
 */
export function perform(score: Score, manner: Manner, window: { start: number; frames: number }): Clip | null {
  const performed = poses(score, manner, window);
  if (!performed) return null;
  const { body, poses: posed, contacts } = performed;
  const size = 4 * body.skeleton.names.length;
  const rotations = new Float32Array(size * posed.length);
  const root = new Float32Array(3 * posed.length);
  for (const [frame, { root: place, rotations: turns }] of posed.entries()) {
    root.set(place, 3 * frame);
    for (const [joint, turn] of turns.entries()) {
      const at = size * frame + 4 * joint;
      // The nearer of q and −q to the frame before, so that values do not jump
      let near = 0;
      if (frame > 0) for (let i = 0; i < 4; i++) near += turn[i] * rotations[at - size + i];
      for (let i = 0; i < 4; i++) rotations[at + i] = near < 0 ? -turn[i] : turn[i];
    }
  }
  return { skeleton: body.skeleton, fps: FPS, frames: posed.length, rotations, root, contacts };
}
