import { describe, expect, test } from "vitest";
import {
  BODY,
  FULL_BODY,
  fromGesture,
  fullBodyVrmBones,
  GESTURE_FEATURES,
  GESTURE_JOINTS,
  positionsOf,
  toGesture,
  VRM_BONES,
} from "../../src/motion/index.js";
import { partnersOf } from "../../src/motion/mirror.js";
import { fromSix, toMatrix, toSix } from "../../src/motion/rotations.js";
import { Random } from "../../src/random/index.js";
import { apart, furthest, randomClip, randomRotation } from "./fixtures.js";

const at = (name: string): number => FULL_BODY.names.indexOf(name);

describe("the body of 52 joints", () => {
  test("is SMPL-H's: the body's 22, then the fingers of both hands", () => {
    expect(FULL_BODY.names).toHaveLength(52);
    expect(FULL_BODY.names.slice(0, 22)).toEqual(BODY.names);
    expect(FULL_BODY.names.slice(22, 37).join(" ")).toBe(
      "leftIndex1 leftIndex2 leftIndex3 leftMiddle1 leftMiddle2 leftMiddle3 leftPinky1 leftPinky2 leftPinky3 " +
        "leftRing1 leftRing2 leftRing3 leftThumb1 leftThumb2 leftThumb3",
    );
    expect(FULL_BODY.parents.slice(22)).toEqual(
      [20, 21].flatMap((wrist, side) =>
        Array.from({ length: 15 }, (_, i) => (i % 3 === 0 ? wrist : 22 + 15 * side + i - 1)),
      ),
    );
  });

  test("has hands alike, that reach on from the wrists, the thumbs in front", () => {
    const partners = partnersOf(FULL_BODY);
    for (const [joint, partner] of partners.entries()) {
      const [x, y, z] = FULL_BODY.offsets.subarray(3 * joint);
      const other = FULL_BODY.offsets.subarray(3 * partner, 3 * partner + 3);
      expect(furthest(other, [-x, y, z])).toBe(0);
    }
    const rest = positionsOf({
      ...fromGesture(
        Float32Array.from({ length: 258 }, (_, i) => (i % 6 === 0 || i % 6 === 4 ? 1 : 0)),
        30,
      ),
    });
    const place = (name: string) => [...rest.subarray(3 * at(name), 3 * at(name) + 3)];
    expect(place("leftMiddle3")[0]).toBeGreaterThan(place("leftWrist")[0] + 0.12);
    const depth = ["Thumb1", "Index1", "Middle1", "Ring1", "Pinky1"].map((name) => place(`left${name}`)[2]);
    expect(depth.slice(1)).toEqual([...depth.slice(1)].sort((a, b) => b - a));
    expect(place("leftThumb3")[2]).toBeGreaterThan(place("leftIndex3")[2]);
  });

  test("has a bone of VRM for every joint", () => {
    expect(fullBodyVrmBones.slice(0, 22)).toEqual(VRM_BONES);
    expect(new Set(fullBodyVrmBones).size).toBe(52);
    const bone = (name: string) => fullBodyVrmBones[at(name)];
    expect(["leftThumb1", "leftThumb2", "leftThumb3"].map(bone)).toEqual([
      "leftThumbMetacarpal",
      "leftThumbProximal",
      "leftThumbDistal",
    ]);
    expect(["rightPinky1", "rightPinky2", "rightPinky3"].map(bone)).toEqual([
      "rightLittleProximal",
      "rightLittleIntermediate",
      "rightLittleDistal",
    ]);
    expect(bone("rightRing2")).toBe("rightRingIntermediate");
  });
});

describe("gestures", () => {
  test("are of trunk, head, arms and fingers", () => {
    expect(GESTURE_JOINTS.slice(0, 13)).toEqual([3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
    expect(GESTURE_JOINTS.slice(13)).toEqual(Array.from({ length: 30 }, (_, i) => 22 + i));
    expect(GESTURE_FEATURES).toBe(258);
  });

  test("come back as a clip that stands, with the same turns", () => {
    const clip = randomClip(4, 9, { skeleton: FULL_BODY, fps: 30 });
    const rows = toGesture(clip);
    expect(rows).toHaveLength(9 * 258);
    expect([...rows.subarray(258, 264)]).toEqual(
      toSix([...clip.rotations.subarray(4 * (52 + 3), 4 * (52 + 4))] as never).map((v) => expect.closeTo(v, 6)),
    );
    const back = fromGesture(rows, 30);
    expect([back.skeleton, back.fps, back.frames]).toEqual([FULL_BODY, 30, 9]);
    for (let t = 0; t < 9; t++)
      for (let joint = 0; joint < 52; joint++) {
        const [a, b] = [clip, back].map(({ rotations }) =>
          rotations.subarray(4 * (52 * t + joint), 4 * (52 * t + joint + 1)),
        );
        if (GESTURE_JOINTS.includes(joint)) expect(apart(a, b)).toBeLessThan(2e-3);
        else expect([...b]).toEqual([0, 0, 0, 1]);
        if (t === 0) continue;
        const before = back.rotations.subarray(4 * (52 * (t - 1) + joint), 4 * (52 * (t - 1) + joint + 1));
        expect(b.reduce((sum, value, i) => sum + value * before[i], 0)).toBeGreaterThanOrEqual(0);
      }
    expect(furthest(toGesture(back), rows)).toBeLessThan(1e-5);
    const places = positionsOf(back);
    expect(places[3 * at("leftFoot") + 1]).toBeCloseTo(0.02, 6);
    expect(back.contacts!.every((stands) => stands === 1)).toBe(true);
  });

  test("a turn through a whole circle stays on one side of the sphere", () => {
    const clip = randomClip(4, 60, { skeleton: FULL_BODY, fps: 30 });
    const joint = at("leftElbow");
    for (let t = 0; t < 60; t++) {
      const half = (t / 60) * 2 * Math.PI;
      clip.rotations.set([0, Math.sin(half), 0, Math.cos(half)], 4 * (52 * t + joint));
    }
    const { rotations } = fromGesture(toGesture(clip), 30);
    const last = rotations.subarray(4 * (52 * 59 + joint), 4 * (52 * 59 + joint + 1));
    expect(last[3]).toBeCloseTo(Math.cos((59 / 60) * 2 * Math.PI), 3);
    const middle = rotations.subarray(4 * (52 * 30 + joint), 4 * (52 * 30 + joint + 1));
    expect(middle[3]).toBeCloseTo(-1, 3);
  });

  test("any six numbers are a rotation, whatever the columns' lengths", () => {
    const random = new Random(3);
    for (let i = 0; i < 50; i++) {
      const six = Array.from({ length: 6 }, () => random.normal());
      const m = toMatrix(fromSix(six));
      const scaled = toMatrix(fromSix(six.map((value, k) => (k < 3 ? 3 : 0.2) * value)));
      expect(furthest(m, scaled)).toBeLessThan(1e-5);
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) {
          const product = [0, 1, 2].reduce((sum, k) => sum + m[3 * k + a] * m[3 * k + b], 0);
          expect(product).toBeCloseTo(a === b ? 1 : 0, 5);
        }
      const [p, q, r, s, t, u, v, w, x] = m;
      expect(p * (t * x - u * w) - q * (s * x - u * v) + r * (s * w - t * v)).toBeCloseTo(1, 5);
      const turn = randomRotation(random);
      expect(apart(fromSix(toSix(turn)), turn)).toBeLessThan(1e-5);
    }
  });

  test("refuse other bodies, odd lengths and what is no number", () => {
    expect(() => toGesture(randomClip(1, 2))).toThrow("needs the body of 52 joints, fingers too, not a skeleton of 22");
    expect(() => fromGesture(new Float32Array(257), 30)).toThrow("Gestures come in rows of 258 numbers, not in 257");
    const rows = toGesture(randomClip(1, 2, { skeleton: FULL_BODY }));
    rows[260] = Number.NaN;
    expect(() => fromGesture(rows, 30)).toThrow("Number 2 of row 1 of the gestures is NaN.");
  });
});
