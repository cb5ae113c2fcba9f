import { expect, test } from "vitest";
import { mapSkeleton } from "../../src/data/motion/skeletons.js";
import type { Clip } from "../../src/motion/clip.js";
import { positionsOf, worldRotations } from "../../src/motion/kinematics.js";
import { inWorld, type Recording, recordedPose } from "../../src/motion/recording.js";
import { retarget } from "../../src/motion/retarget.js";
import {
  aboutAxis,
  IDENTITY,
  inverse,
  multiply,
  type Quaternion,
  rotate,
  type Vector,
} from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES, BODY_PARENTS } from "../../src/motion/skeleton.js";
import { furthest, randomClip } from "./fixtures.js";

const whole = randomClip(5, 9);
const clip = whole;
const quaternion = (list: ArrayLike<number>, at: number): Quaternion =>
  Array.from({ length: 4 }, (_, i) => list[4 * at + i]) as Quaternion;
const vector = (list: ArrayLike<number>, at: number): Vector =>
  Array.from({ length: 3 }, (_, i) => list[3 * at + i]) as Vector;

/** Turns of some joints that make another rest of the T-pose: arms hang, legs stand apart, feet point outward. */
const bent: Record<string, Quaternion> = {
  leftShoulder: aboutAxis([0, 0, 1], -0.8),
  rightShoulder: aboutAxis([0, 0, 1], 0.8),
  leftElbow: aboutAxis([0, 1, 0], -0.2),
  leftHip: aboutAxis([0, 0, 1], 0.3),
  rightHip: aboutAxis([0, 0, 1], -0.35),
  leftAnkle: aboutAxis([0, 1, 0], 0.25),
};

interface Source {
  of?: Clip;
  /** How the source lies: the turn from our axes to its own. */
  axes?: Quaternion;
  unit?: number;
  pose?: Record<string, Quaternion>;
  /** Turns of the joints' own frames at rest. */
  frames?: (joint: number) => Quaternion;
  rename?: (name: string) => string;
}

/** The clip as another skeleton would have recorded it, whose bones are as long. */
function recorded({
  axes = [...IDENTITY],
  unit = 1,
  pose = {},
  frames = () => [...IDENTITY],
  of: clip = whole,
  rename = (name) => name,
}: Source = {}): Recording {
  const standing = { places: BODY.offsets.slice(), rotations: new Float32Array(88) };
  for (const [joint, name] of BODY_NAMES.entries()) standing.rotations.set(pose[name] ?? IDENTITY, 4 * joint);
  const rest = inWorld(standing, BODY_PARENTS);
  const own = BODY_NAMES.map((_, joint) => frames(joint)); // world, in the source's axes
  const out = (v: Vector): Vector => rotate(axes, v).map((value) => value * unit) as Vector;
  const restPlaces = new Float32Array(66);
  const restTurns = new Float32Array(88);
  const [places, rotations] = [new Float32Array(clip.frames * 66), new Float32Array(clip.frames * 88)];
  const [worldPlaces, world] = [positionsOf(clip), worldRotations(clip)];
  const fill = (
    at: number,
    where: (joint: number) => Vector,
    turn: (joint: number) => Quaternion,
    to: [Float32Array, Float32Array],
  ) => {
    for (const [joint, parent] of BODY_PARENTS.entries()) {
      const here = where(joint);
      const back = parent < 0 ? ([...IDENTITY] as Quaternion) : inverse(turn(parent));
      const from = parent < 0 ? [0, 0, 0] : where(parent);
      to[0].set(rotate(back, here.map((value, axis) => value - from[axis]) as Vector), 3 * (at + joint));
      to[1].set(multiply(back, turn(joint)), 4 * (at + joint));
    }
  };
  fill(
    0,
    (joint) => out(rest.places[joint]),
    (joint) => own[joint],
    [restPlaces, restTurns],
  );
  for (let frame = 0; frame < clip.frames; frame++)
    fill(
      22 * frame,
      (joint) => out(vector(worldPlaces, 22 * frame + joint)),
      (joint) => {
        const since = multiply(quaternion(world, 22 * frame + joint), inverse(rest.rotations[joint]));
        return multiply(multiply(multiply(axes, since), inverse(axes)), own[joint]);
      },
      [places, rotations],
    );
  const name = "source";
  return {
    name,
    joints: BODY_NAMES.map(rename),
    parents: BODY_PARENTS,
    rest: { places: restPlaces, rotations: restTurns },
    fps: 20,
    frames: clip.frames,
    places,
    rotations,
    notes: [],
  };
}

const own = BODY_NAMES.map((_, i) => i);
const back = (source: Source) => retarget(recorded(source), own, { floor: false });
const same = ({ clip: found }: { clip: typeof clip }) => {
  expect(furthest(found.root, clip.root)).toBeLessThan(1e-5);
  expect(furthest(positionsOf(found), positionsOf(clip))).toBeLessThan(1e-5);
  expect(furthest(worldRotations(found).map(Math.abs), worldRotations(clip).map(Math.abs))).toBeLessThan(1e-5);
};

test("the fixture's bones are where the clip has them", () => {
  const { places } = recordedPose(recorded({ pose: bent, unit: 100 }), 4);
  for (const [joint, place] of places.entries())
    for (const axis of [0, 1, 2]) expect(place[axis] / 100).toBeCloseTo(positionsOf(clip)[3 * (88 + joint) + axis], 5);
});

test("the same skeleton gives the same motion; units are told by the legs, and scaled away", () => {
  same(back({}));
  const units = [1, 100, 39.37, 1000, 1 / 0.056444, 7].map((unit) => back({ unit }));
  for (const one of units) same(one);
  expect(units.map(({ unit }) => unit)).toEqual([
    "m",
    "cm",
    "inches",
    "mm",
    "units of the CMU set (0.45 to an inch)",
    null,
  ]);
  expect(units[1].scale).toBeCloseTo(0.01, 6);
});

test("a skeleton whose arms hang and legs stand apart at rest moves as it is seen", () => {
  same(back({ pose: bent }));
});

test("whatever frames its joints have at rest, and along whichever axes it stands", () => {
  same(back({ frames: (joint) => aboutAxis([joint + 1, 2, -joint], joint) }));
  const lying = aboutAxis([1, 0, 0], Math.PI / 2); // z up
  for (const axes of [lying, aboutAxis([0, 1, 0], Math.PI), multiply(aboutAxis([0, 0, 1], Math.PI / 2), lying)])
    same(back({ axes, unit: 100, pose: bent, frames: (joint) => aboutAxis([1, joint, 0], 2 * joint) }));
});

test("shorter legs walk as far for their length: the root's way grows with the body", () => {
  const half = recorded();
  for (const list of [half.places, half.rest.places]) for (let i = 0; i < list.length; i++) list[i] *= 0.5;
  const { scale, clip: found } = retarget(half, own, { floor: false });
  expect(scale).toBeCloseTo(2, 6);
  expect(furthest(found.root, clip.root)).toBeLessThan(1e-5);
});

test("feet that stand are on the floor, one that dips below for a moment is not; those that never stand are by their lowest", () => {
  const still = {
    ...clip,
    rotations: clip.rotations.map((_, i) => (i % 4 === 3 ? 1 : 0)),
    root: clip.root.map((_, i) => (i % 3 === 1 ? 1.5 : 0)),
  };
  const walk = (dip: number, speed: number) => {
    const root = still.root.map((value, i) => (i === 10 ? value - dip : i % 3 === 2 ? (speed * (i - 2)) / 60 : value));
    return retarget(recorded({ of: { ...still, root } }), own).clip.root.filter((_, i) => i % 3 === 1);
  };
  for (const height of walk(0, 0)) expect(height).toBeCloseTo(0.99, 5);
  const [before, , , dipped] = walk(0.01, 0);
  expect([before, dipped]).toEqual([expect.closeTo(0.99, 5), expect.closeTo(0.98, 5)]);
  const [flying, , , lowest] = walk(0.1, 5);
  expect([flying, lowest]).toEqual([expect.closeTo(1.09, 5), expect.closeTo(0.99, 5)]);
});

test("a joint that there is none for follows its parent", () => {
  const map = own.map((i) => ([9, 15, 20].includes(i) ? -1 : i));
  const { clip: found } = retarget(recorded(), map, { floor: false });
  for (const joint of [9, 15, 20]) expect(Math.abs(found.rotations[4 * joint + 3])).toBeCloseTo(1, 6);
});

test("a rest in which nobody stands is refused, unless a frame shows a T-pose", () => {
  const upward = recorded({ pose: { leftShoulder: aboutAxis([0, 0, 1], 2.6) } });
  expect(() => retarget(upward, own)).toThrow(
    "source: at rest the skeleton does not stand (leftShoulder to leftElbow lies 149° from a T-pose)",
  );
  const folded = recorded({ pose: { spine1: aboutAxis([1, 0, 0], 3) } });
  expect(() => retarget(folded, own)).toThrow("its trunk does not rise above its legs");
  const standing = recorded().rest;
  upward.places.set(standing.places);
  upward.rotations.set(standing.rotations);
  const { clip: found } = retarget(upward, own, { restFrame: 0, floor: false });
  expect(found.rotations.subarray(0, 88)).toEqual(Float32Array.from({ length: 88 }, (_, i) => (i % 4 === 3 ? 1 : 0)));
  expect(() => retarget(upward, own, { restFrame: 9 })).toThrow("has no frame 9");
});

const parents = [...BODY_PARENTS];
/** Names in the body's order, by joint of the left side. */
const skeleton = (middle: string[], side: (part: string, left: boolean) => string, parts: Record<string, string>) =>
  BODY_NAMES.map((name) => {
    const left = name.startsWith("left");
    if (!left && !name.startsWith("right"))
      return middle[["pelvis", "spine1", "spine2", "spine3", "neck", "head"].indexOf(name)];
    return side(parts[name.replace(/^(left|right)/, "")], left);
  });
const capture = {
  Hip: "UpLeg",
  Knee: "Leg",
  Ankle: "Foot",
  Foot: "ToeBase",
  Collar: "Shoulder",
  Shoulder: "Arm",
  Elbow: "ForeArm",
  Wrist: "Hand",
};
const vrm = {
  Hip: "UpperLeg",
  Knee: "LowerLeg",
  Ankle: "Foot",
  Foot: "Toes",
  Collar: "Shoulder",
  Shoulder: "UpperArm",
  Elbow: "LowerArm",
  Wrist: "Hand",
};
const unreal = {
  Hip: "thigh",
  Knee: "calf",
  Ankle: "foot",
  Foot: "ball",
  Collar: "clavicle",
  Shoulder: "upperarm",
  Elbow: "lowerarm",
  Wrist: "hand",
};
const leftRight = (part: string, left: boolean) => `${left ? "Left" : "Right"}${part}`;

test.each([
  ["ACCAD", skeleton(["Hips", "ToSpine", "Spine", "Spine1", "Neck", "Head"], leftRight, capture)],
  ["CMU", skeleton(["Hips", "LowerBack", "Spine", "Spine1", "Neck", "Head"], leftRight, capture)],
  [
    "Mixamo",
    skeleton(["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"], leftRight, capture).map(
      (name) => `mixamorig:${name}`,
    ),
  ],
  [
    "Mixamo",
    skeleton(["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"], leftRight, capture).map(
      (name) => `mixamorig1${name}`,
    ),
  ],
  [
    "VRM",
    skeleton(
      ["hips", "spine", "chest", "upperChest", "neck", "head"],
      (part, left) => `${left ? "left" : "right"}${part}`,
      vrm,
    ),
  ],
  [
    "VRoid",
    skeleton(
      ["C_Hips", "C_Spine", "C_Chest", "C_UpperChest", "C_Neck", "C_Head"],
      (part, left) => `${left ? "L" : "R"}_${part.replace("Toes", "ToeBase")}`,
      vrm,
    ).map((name) => `J_Bip_${name}`),
  ],
  [
    "VRChat",
    skeleton(
      ["Hips", "Spine", "Chest", "Upper Chest", "Neck", "Head"],
      (part, left) => `${left ? "Left" : "Right"} ${part}`,
      {
        Hip: "leg",
        Knee: "knee",
        Ankle: "ankle",
        Foot: "toe",
        Collar: "shoulder",
        Shoulder: "arm",
        Elbow: "elbow",
        Wrist: "wrist",
      },
    ),
  ],
  [
    "Unreal",
    skeleton(
      ["pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "head"],
      (part, left) => `${part}_${left ? "l" : "r"}`,
      unreal,
    ),
  ],
  ["SMPL", BODY_NAMES.map((name) => name.replace("left", "left_").replace("right", "right_"))],
  ["SMPL (L, R)", BODY_NAMES.map((name) => `m_avg_${name.replace("left", "L_").replace("right", "R_")}`)],
])("%s: every joint of the body is found, in any case and with any separators", (known, joints) => {
  const wanted = { known, map: own, missing: [] };
  expect(mapSkeleton("walk", joints, parents)).toEqual(wanted);
  expect(
    mapSkeleton(
      "walk",
      joints.map((name) => name.toUpperCase()),
      parents,
    ).map,
  ).toEqual(own);
});

test("what a skeleton lacks is named; one that is not known is refused with what it has and what to do", () => {
  const joints = skeleton(["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"], leftRight, capture);
  const few = joints.map((name) => (/Toe|Spine2/.test(name) ? `${name}Other` : name));
  expect(mapSkeleton("walk", few, parents).missing).toEqual(["spine3", "leftFoot", "rightFoot"]);
  const strange = joints.map((name) => name.replace("LeftArm", "Flipper"));
  expect(() => mapSkeleton("walk.bvh", strange, parents)).toThrow(
    /^walk.bvh: its skeleton is none that is known \(SMPL, .*It has Hips, .*nothing was found for leftShoulder\. .*skeleton\.json.*"leftShoulder": "Hips"/,
  );
  const named = mapSkeleton("walk.bvh", strange, parents, { joints: { leftShoulder: "Flipper" } });
  expect(named).toEqual({ known: "skeleton.json", map: own, missing: [] });
  const wrong = (joint: string, name: string) => () =>
    mapSkeleton("walk.bvh", strange, parents, { joints: { [joint]: name } });
  expect(wrong("flipper", "Flipper")).toThrow('names a joint "flipper" of the body, which has pelvis');
  expect(wrong("leftShoulder", "Fin")).toThrow('gives "Fin" for leftShoulder, and walk.bvh has no such joint');
  expect(wrong("leftShoulder", "Hips")).toThrow('"Hips" (leftShoulder) does not hang on "LeftShoulder" (leftCollar)');
});
