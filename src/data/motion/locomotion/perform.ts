import type { Clip } from "../../../motion/index.js";
import { aboutAxis, type Quaternion, rotate, type Vector } from "../../../motion/rotations.js";
import { type Body, bodyOf, JOINT, type Side } from "./body.js";
import { carriage } from "./carriage.js";
import { type Foot, footAt, standsThrough } from "./feet.js";
import { footprints } from "./footprints.js";
import { added, reachLeg, unit, within } from "./leg.js";
import type { Manner } from "./manner.js";
import { Path, phaseAt } from "./path.js";
import { excess, hipOf, type Pelvis, pelvisAt, restless, smoothAbove, withinReach } from "./pelvis.js";
import type { Score } from "./score.js";
import { layered, upperRotations } from "./upper.js";

/** Every joint of one pose. */
export interface Posed {
  readonly root: Vector;
  /** [J]: against the parents. */
  readonly rotations: Quaternion[];
  /** Radians, left and right. */
  readonly knees: readonly [number, number];
  readonly feet: readonly [Foot, Foot];
}

export const FPS = 20;

/** `frames` poses of a score from `start` seconds on, with which of ankles and feet stand through the way into each. */
export function poses(
  score: Score,
  manner: Manner,
  { start, frames }: { start: number; frames: number },
): { body: Body; poses: Posed[]; contacts: Uint8Array; path: Path } {
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
    return pose(body, { place: [place[0], place[1] - lower[frame], place[2]], turn }, feet, upperRotations(upper));
  });
  return { body, poses, contacts, path };
}

/** The legs reach for the feet from the pelvis. */
function pose(body: Body, pelvis: Pelvis, feet: readonly [Foot, Foot], torso: ReadonlyMap<number, Quaternion>): Posed {
  const rotations: Quaternion[] = body.skeleton.names.map((_, joint) => torso.get(joint) ?? [0, 0, 0, 1]);
  rotations[0] = pelvis.turn;
  const knees = feet.map((foot, side) => {
    const across = unit(added(rotate(pelvis.turn, [1, 0, 0]), rotate(foot.turn, [1, 0, 0])));
    const hip = hipOf(body, pelvis, side as Side);
    const leg = reachLeg(hip, withinReach(body, hip, foot), body.thigh, body.shin, across);
    const [upper, lower, ankle, toes] = side === 0 ? LEFT_LEG : RIGHT_LEG;
    rotations[upper] = within(pelvis.turn, leg.thigh);
    rotations[lower] = within(leg.thigh, leg.shin);
    rotations[ankle] = within(leg.shin, foot.turn);
    rotations[toes] = aboutAxis([1, 0, 0], -foot.toes);
    return leg.flexion;
  });
  return { root: pelvis.place, rotations, knees: [knees[0], knees[1]], feet };
}

const legOf = (side: string): readonly number[] => ["Hip", "Knee", "Ankle", "Foot"].map((name) => JOINT[side + name]);
const [LEFT_LEG, RIGHT_LEG] = [legOf("left"), legOf("right")];

/** A score as a clip of `frames` frames at 20 fps, from `start` seconds on; its first frame faces +z over the origin. */
export function perform(score: Score, manner: Manner, window: { start: number; frames: number }): Clip {
  const { body, poses: posed, contacts } = poses(score, manner, window);
  const joints = body.skeleton.names.length;
  const rotations = new Float32Array(4 * joints * posed.length);
  const root = new Float32Array(3 * posed.length);
  posed.forEach((pose, frame) => {
    root.set(pose.root, 3 * frame);
    pose.rotations.forEach((turn, joint) => {
      const at = 4 * (frame * joints + joint);
      // The nearer of q and −q to the frame before, so that values do not jump
      const before = rotations.subarray(at - 4 * joints, at - 4 * joints + 4);
      const away = frame > 0 && turn.reduce((sum, value, i) => sum + value * before[i], 0) < 0;
      rotations.set(away ? turn.map((value) => -value) : turn, at);
    });
  });
  return { skeleton: body.skeleton, fps: FPS, frames: posed.length, rotations, root, contacts };
}
