import type { Clip } from "./clip.js";
import { offsetOf, positionsOf } from "./kinematics.js";
import { inWorld, type Recording, recordedPose, type WorldPose } from "./recording.js";
import {
  between,
  cross,
  dot,
  fromMatrix,
  IDENTITY,
  inverse,
  type Matrix,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  type Vector,
} from "./rotations.js";
import { BODY, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";

/** Which joint of a recording moves each of the body's 22 joints; −1 where none does, and it follows its parent. */
export type BodyMap = readonly number[];

export interface RetargetOptions {
  /** The frame whose pose is a T-pose, for files whose skeleton at rest stands otherwise. Default: the skeleton's rest. */
  restFrame?: number;
  /** Whether the feet are put on the floor, as far as they stand at all. Default true. */
  floor?: boolean;
}

export interface Retargeted {
  /** On the body of 22 joints, at the recording's rate. */
  readonly clip: Clip;
  /** The recording's unit, by the length of its legs: "cm"; null where they fit none. */
  readonly unit: string | null;
  /** Metres of the body for one of the recording's units. */
  readonly scale: number;
}

const index = (name: string): number => BODY_NAMES.indexOf(name);
const LEGS = ["left", "right"].map((side) => ["Hip", "Knee", "Ankle"].map((name) => index(side + name)));
/** Limbs that a T-pose stretches out: the joint and the one that it points to. */
const LIMBS = new Map(
  ["left", "right"].flatMap((side) =>
    [
      ["Hip", "Knee"],
      ["Knee", "Ankle"],
      ["Shoulder", "Elbow"],
      ["Elbow", "Wrist"],
      ["Ankle", "Foot"],
    ].map(([from, to]) => [index(side + from), index(side + to)] as const),
  ),
);
const FEET = [index("leftAnkle"), index("rightAnkle")];
/** Height of the joints above the floor where a foot stands, metres. */
const STANDING = new Map(
  ["left", "right"].flatMap((side) => [[index(`${side}Ankle`), 0.08] as const, [index(`${side}Foot`), 0.02] as const]),
);

/** Units by how long legs (hip to ankle) are in them, from a child's to a giant's. */
const UNITS: readonly { name: string; shortest: number; longest: number }[] = [
  { name: "m", shortest: 0.5, longest: 1.3 },
  { name: "units of the CMU set (0.45 to an inch)", shortest: 9, longest: 18 },
  { name: "inches", shortest: 20, longest: 47 },
  { name: "cm", shortest: 50, longest: 130 },
  { name: "mm", shortest: 500, longest: 1300 },
];

/**
 * Brings a recording to the body of 22 joints: every bone keeps its direction in the world, the body its own lengths,
 * and the root's way is scaled by the ratio of the legs. Arms and legs that do not stand in a T-pose at rest are turned
 * into it first; a skeleton whose up or front lies along other axes is turned to +y and +z.
 * @throws where the skeleton at rest does not stand
 */
export function retarget(recording: Recording, map: BodyMap, options: RetargetOptions = {}): Retargeted {
  const { restFrame, floor = true } = options;
  if (restFrame !== undefined && !(Number.isInteger(restFrame) && restFrame >= 0 && restFrame < recording.frames))
    throw new Error(`${recording.name} has no frame ${restFrame} to take for its T-pose; it has ${recording.frames}.`);
  const rest =
    restFrame === undefined ? inWorld(recording.rest, recording.parents) : recordedPose(recording, restFrame);
  const place = (joint: number): Vector => rest.places[map[joint]];
  const legs = LEGS.map(
    ([hip, knee, ankle]) => distance(place(hip), place(knee)) + distance(place(knee), place(ankle)),
  );
  const length = (legs[0] + legs[1]) / 2;
  if (!(length > 0)) throw new Error(`${recording.name}: the legs have no length at rest, so nothing says its size.`);
  const axes = axesOf(place);
  const trunk = rotate(axes, minus(place(map[NECK] >= 0 ? NECK : topOf(map)), place(0)));
  if (angle(trunk, [0, 1, 0]) > LEANING_ANGLE) throw noStance(recording.name, "its trunk does not rise above its legs");
  const straight = tPose(recording.name, map, rest, axes);
  // What a joint's turn is seen from, once and for all: its frame at rest, our axes, the T-pose
  const own = straight.map((turn, joint): Quaternion => {
    const back = inverse(multiply(turn, axes));
    return map[joint] < 0 ? back : multiply(inverse(rest.rotations[map[joint]]), back);
  });
  const scale = LEG_LENGTH / length;
  const joints = BODY_NAMES.length;
  const rotations = new Float32Array(recording.frames * joints * 4);
  const root = new Float32Array(recording.frames * 3);
  for (let frame = 0; frame < recording.frames; frame++) {
    const pose = recordedPose(recording, frame);
    const world: Quaternion[] = [];
    for (let joint = 0; joint < joints; joint++) {
      const [parent, source] = [BODY_PARENTS[joint], map[joint]];
      world.push(source < 0 ? world[parent] : normalize(multiply(multiply(axes, pose.rotations[source]), own[joint])));
      const local = parent < 0 ? world[joint] : multiply(inverse(world[parent]), world[joint]);
      const at = 4 * (frame * joints + joint);
      // The same side of the sphere as the frame before, so that numbers in between are between
      const flip = frame > 0 && dot(local, rotations.subarray(at - 4 * joints, at - 4 * joints + 4)) < 0;
      rotations.set(flip ? local.map((value) => -value) : local, at);
    }
    const hips = rotate(axes, middle(pose.places[map[LEGS[0][0]]], pose.places[map[LEGS[1][0]]]));
    const below = rotate(world[0], HIPS_BELOW_ROOT);
    for (let axis = 0; axis < 3; axis++) root[3 * frame + axis] = scale * hips[axis] - below[axis];
  }
  const { fps, frames } = recording;
  const clip: Clip = { skeleton: BODY, fps, frames, rotations, root, contacts: null };
  if (floor) putOnFloor(clip);
  const unit = UNITS.find(({ shortest, longest }) => length >= shortest && length <= longest)?.name ?? null;
  return { clip, unit, scale };
}

const distance = (a: Vector, b: Vector): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const middle = (a: Vector, b: Vector): Vector => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

const LEG_LENGTH = LEGS[0].slice(1).reduce((sum, joint) => sum + Math.hypot(...offsetOf(BODY, joint)), 0);
const HIPS_BELOW_ROOT = middle(offsetOf(BODY, LEGS[0][0]), offsetOf(BODY, LEGS[1][0]));

/** The turn from a skeleton's own axes to ours: left to +x, up to +y. Directions near an axis are taken for it. */
function axesOf(place: (joint: number) => Vector): Quaternion {
  const hips = middle(place(LEGS[0][0]), place(LEGS[1][0]));
  const ankles = middle(place(LEGS[0][2]), place(LEGS[1][2]));
  const up = onAxis(minus(hips, ankles));
  const across = minus(place(LEGS[0][0]), place(LEGS[1][0]));
  const along = dot(across, up);
  const left = onAxis(across.map((value, axis) => value - along * up[axis]) as Vector);
  const front = cross(left, up);
  return fromMatrix([...left, ...up, ...front] as Matrix);
}

/** A direction of length 1; one within some 25° of an axis becomes the axis. */
function onAxis(direction: Vector): Vector {
  const length = Math.hypot(...direction);
  const unit = direction.map((value) => value / length) as Vector;
  const axis = unit.map((value) => (Math.abs(value) > 0.9 ? Math.sign(value) : 0)) as Vector;
  return axis.some((value) => value !== 0) ? axis : unit;
}

/** For each joint of the body, the turn that brings it from the skeleton's rest to a T-pose, in our axes. */
function tPose(name: string, map: BodyMap, rest: WorldPose, axes: Quaternion): Quaternion[] {
  const turns: Quaternion[] = [];
  for (const [joint, parent] of BODY_PARENTS.entries()) {
    const before: Quaternion = parent < 0 ? [...IDENTITY] : turns[parent];
    const tip = LIMBS.get(joint);
    if (tip === undefined || map[tip] < 0) {
      turns.push(before);
      continue;
    }
    const at = rotate(before, rotate(axes, minus(rest.places[map[tip]], rest.places[map[joint]])));
    const wanted = offsetOf(BODY, tip);
    if (FEET.includes(joint)) {
      // A foot's slope is its shape; only where it points to is its pose
      const flat = Math.hypot(at[0], at[2]) > 0.2 * Math.hypot(...at);
      turns.push(flat ? multiply(between([at[0], 0, at[2]], [0, 0, 1]), before) : before);
      continue;
    }
    if (map[joint] >= 0 && parent >= 0 && !LIMBS.has(parent) && angle(at, wanted) > STANDING_ANGLE)
      throw noStance(
        name,
        `${BODY_NAMES[joint]} to ${BODY_NAMES[tip]} lies ${Math.round((angle(at, wanted) * 180) / Math.PI)}° from a T-pose`,
      );
    turns.push(multiply(between(at, wanted), before));
  }
  return turns;
}

/** How far an upper arm or thigh may lie from the T-pose at rest: arms that hang down, legs apart. */
const STANDING_ANGLE = (100 / 180) * Math.PI;
/** How far the trunk may lean at rest. */
const LEANING_ANGLE = (60 / 180) * Math.PI;
const NECK = index("neck");
/** The highest joint of the spine that there is. */
const topOf = (map: BodyMap): number => [3, 2, 1].map((n) => index(`spine${n}`)).find((joint) => map[joint] >= 0)!;
const noStance = (name: string, why: string): Error =>
  new Error(
    `${name}: at rest the skeleton does not stand (${why}). If a frame of the motion shows a T-pose, name it in ` +
      'skeleton.json beside the file: { "restFrame": 0 }.',
  );
const angle = (a: Vector, b: Vector): number =>
  Math.acos(Math.max(-1, Math.min(1, dot(a, b) / (Math.hypot(...a) * Math.hypot(...b)))));

/** Metres a second below which a foot stands. */
const SLOW = 0.3;

/** Moves a clip up or down so that its feet are on the floor where they stand; where they never do, their lowest is. */
function putOnFloor(clip: Clip): void {
  const places = positionsOf(clip);
  const width = 3 * BODY_NAMES.length;
  const [standing, all]: number[][] = [[], []];
  for (let frame = 0; frame < clip.frames; frame++) {
    const before = width * Math.max(0, frame - 1);
    let [slow, lowest] = [Infinity, Infinity];
    for (const [joint, height] of STANDING) {
      const at = width * frame + 3 * joint;
      const way = [0, 1, 2].map((axis) => places[at + axis] - places[before + 3 * joint + axis]);
      lowest = Math.min(lowest, places[at + 1] - height);
      if (Math.hypot(...way) * clip.fps < SLOW) slow = Math.min(slow, places[at + 1] - height);
    }
    all.push(lowest);
    if (slow < Infinity && (frame > 0 || clip.frames === 1)) standing.push(slow);
  }
  standing.sort((a, b) => a - b);
  const floor = standing.length > 0 ? standing[standing.length >> 1] : Math.min(...all);
  for (let frame = 0; frame < clip.frames; frame++) clip.root[3 * frame + 1] -= floor;
}
