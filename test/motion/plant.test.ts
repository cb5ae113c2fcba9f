import { describe, expect, test } from "vitest";
import { locomotion } from "../../src/data/motion/locomotion/index.js";
import { jerk } from "../../src/metrics/motion/index.js";
import {
  BODY,
  BODY_NAMES,
  type Clip,
  FeetPlanter,
  onBody,
  positionsOf,
  worldRotations,
} from "../../src/motion/index.js";
import { aboutAxis, cross, dot, multiply, type Quaternion, rotate, type Vector } from "../../src/motion/rotations.js";
import { Random } from "../../src/random/index.js";
import { apart, furthest } from "./fixtures.js";

const joint = (name: string) => BODY_NAMES.indexOf(name);
const real = locomotion({ clips: 0, test: 12 }).test.map(({ clip }) => onBody(clip));
const planted = (clip: Clip) => new FeetPlanter().plant(clip);
const at = (places: Float32Array, frame: number, joint: number): Vector => {
  const i = 66 * frame + 3 * joint;
  return [places[i], places[i + 1], places[i + 2]];
};
const between = (a: Vector, b: Vector) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** A clip as a network could say it: its pelvis drifts and sinks, and its hips and knees wander. */
function disturbed(clip: Clip, seed: number): Clip {
  const random = new Random(seed);
  const waves = Array.from({ length: 9 }, () => [random.uniform() * 6, 0.2 + 0.3 * random.uniform()]);
  const wave = (i: number, t: number) => Math.sin(waves[i][0] + waves[i][1] * t);
  const [rotations, root] = [clip.rotations.slice(), clip.root.slice()];
  for (let t = 0; t < clip.frames; t++) {
    root[3 * t] += 0.02 * wave(0, t) + 0.004 * t;
    root[3 * t + 1] += 0.015 * wave(1, t) - 0.01;
    root[3 * t + 2] += 0.02 * wave(2, t);
    for (const [i, name] of ["leftHip", "rightHip", "leftKnee", "rightKnee", "leftAnkle", "rightAnkle"].entries()) {
      const place = 4 * (22 * t + joint(name));
      const turn = [...rotations.subarray(place, place + 4)] as Quaternion;
      rotations.set(multiply(turn, aboutAxis([1, 0.2, 0.1], 0.06 * wave(3 + i, t))), place);
    }
  }
  return { ...clip, rotations, root };
}

/** Whether a leg is as straight as it may be in a frame, so that its foot is drawn along; by the foot's ankle or ball. */
function drawn(places: Float32Array, t: number, foot: number): boolean {
  const side = BODY_NAMES[foot].startsWith("left") ? "left" : "right";
  return between(at(places, t, joint(`${side}Hip`)), at(places, t, joint(`${side}Ankle`))) > 0.99 * 0.85;
}

/** Frames on the way into which a joint stands, and has stood for `settled` frames. */
function* standing({ contacts, frames }: Clip, settled: number) {
  for (const [i, name] of ["leftAnkle", "leftFoot", "rightAnkle", "rightFoot"].entries()) {
    let since = 0;
    for (let t = 0; t < frames; t++) {
      since = contacts![4 * t + i] ? since + 1 : 0;
      if (since > settled) yield { t, joint: joint(name) };
    }
  }
}

describe("planted feet", () => {
  test("change nothing where feet stand already", () => {
    for (const clip of real) {
      const found = planted(clip);
      expect(furthest(positionsOf(found), positionsOf(clip))).toBeLessThan(1e-4);
      expect(furthest(found.rotations, clip.rotations)).toBeLessThan(1e-4);
    }
  });

  test("stay where they are in a disturbed clip, on the floor, with other joints kept and hardly more jerk", () => {
    let [steps, slid, jerks, before, moved] = [0, 0, 0, 0, 0];
    for (const [i, clip] of real.entries()) {
      const worse = disturbed(clip, i);
      const found = planted(worse);
      const [places, old] = [positionsOf(found), positionsOf(worse)];
      for (const { t, joint } of standing(clip, 12)) {
        steps++;
        if (between(at(places, t, joint), at(places, t - 1, joint)) > 1e-3 && !drawn(places, t, joint)) slid++;
        if (between(at(old, t, joint), at(old, t - 1, joint)) > 1e-3) moved++;
      }
      for (let t = 0; t < clip.frames; t++)
        for (const toe of ["leftFoot", "rightFoot"]) expect(at(places, t, joint(toe))[1]).toBeGreaterThan(0.02 - 1e-3);
      const legs = ["Hip", "Knee", "Ankle"].flatMap((part) => [joint(`left${part}`), joint(`right${part}`)]);
      for (let j = 0; j < 22; j++)
        if (!legs.includes(j))
          for (let t = 0; t < clip.frames; t++) {
            const place = 4 * (22 * t + j);
            expect(found.rotations.subarray(place, place + 4)).toEqual(worse.rotations.subarray(place, place + 4));
          }
      expect(found.skeleton).toBe(worse.skeleton);
      const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0);
      jerks += sum(jerk(places));
      before += sum(jerk(old));
    }
    expect(steps).toBeGreaterThan(500);
    expect(moved / steps).toBeGreaterThan(0.9);
    expect(slid).toBe(0);
    expect(jerks).toBeLessThan(1.1 * before);
  });

  test("are the same block by block", () => {
    const clip = disturbed(real[1], 1);
    const whole = planted(clip);
    const planter = new FeetPlanter();
    for (let from = 0; from < clip.frames; from += 12) {
      const frames = Math.min(12, clip.frames - from);
      const cut = <A extends Float32Array | Uint8Array>(all: A, per: number) =>
        all.slice(from * per, (from + frames) * per) as A;
      const block = { ...clip, frames, rotations: cut(clip.rotations, 88), root: cut(clip.root, 3) };
      const found = planter.plant({ ...block, contacts: cut(clip.contacts!, 4) });
      expect(found.rotations).toEqual(cut(whole.rotations, 88));
      expect(found.root).toEqual(cut(whole.root, 3));
    }
  });

  test("are those of a smaller body too", () => {
    const size = 0.8;
    const scaled = (clip: Clip): Clip => ({
      ...clip,
      skeleton: { ...BODY, offsets: BODY.offsets.map((value) => size * value) },
      root: clip.root.map((value) => size * value),
    });
    const clip = disturbed(real[2], 3);
    expect(furthest(planted(scaled(clip)).rotations, planted(clip).rotations)).toBeLessThan(1e-3);
    expect(
      furthest(
        planted(scaled(clip)).root,
        planted(clip).root.map((value) => size * value),
      ),
    ).toBeLessThan(1e-3);
  });

  test("of legs that bend forward, whatever the network says", () => {
    const clip = disturbed(real[0], 5);
    for (let t = 0; t < clip.frames; t++) {
      const place = 4 * (22 * t + joint("leftKnee"));
      clip.rotations.set(aboutAxis([1, 0, 0], -0.2), place);
    }
    const found = planted(clip);
    const [places, turns] = [positionsOf(found), worldRotations(found)];
    for (let t = 0; t < clip.frames; t++) {
      const [hip, knee, ankle] = ["leftHip", "leftKnee", "leftAnkle"].map((name) => at(places, t, joint(name)));
      const bone = (a: Vector, b: Vector): Vector => [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
      const i = 4 * (22 * t + joint("leftHip"));
      const left = rotate([...turns.subarray(i, i + 4)] as Quaternion, [1, 0, 0]);
      expect(dot(cross(bone(hip, knee), bone(knee, ankle)), left)).toBeGreaterThanOrEqual(-1e-6);
    }
  });

  test("let a leg that is too short go along, without stretching it", () => {
    const [clip] = real;
    const root = clip.root.map((value, i) => value + (i % 3 === 2 ? 0.1 * Math.floor(i / 3) : 0));
    const still: Clip = { ...clip, root, contacts: new Uint8Array(4 * clip.frames).fill(1) };
    const found = planted(still);
    const places = positionsOf(found);
    for (let t = 0; t < clip.frames; t++) {
      const [hip, ankle] = ["leftHip", "leftAnkle"].map((name) => at(places, t, joint(name)));
      expect(between(hip, ankle)).toBeLessThan(0.85);
    }
    expect([...found.rotations].every(Number.isFinite)).toBe(true);
  });

  test("lifted, go back to where they would be without a jump", () => {
    const [, clip] = real;
    const worse = disturbed(clip, 8);
    const half = worse.frames >> 1;
    const contacts = worse.contacts!.slice().fill(0, 4 * half);
    const [found, old] = [positionsOf(planted({ ...worse, contacts })), positionsOf(worse)];
    const pelvis = (places: Float32Array, t: number) => at(places, t, 0);
    const off = (t: number) => {
      const [a, b] = [at(found, t, joint("leftAnkle")), at(old, t, joint("leftAnkle"))];
      const [p, q] = [pelvis(found, t), pelvis(old, t)];
      return Math.hypot(a[0] - p[0] - b[0] + q[0], a[2] - p[2] - b[2] + q[2]);
    };
    expect(off(half + 14)).toBeLessThan(0.005);
  });

  test("need to know which feet stand", () => {
    expect(() => planted({ ...real[0], contacts: null })).toThrow("does not say which feet stand");
    const skeleton = { ...BODY, offsets: new Float32Array(66) };
    expect(() => planted({ ...real[0], skeleton })).toThrow("A body without legs");
  });
});

test("a foot keeps its turn in the world while one joint of it stands", () => {
  const clip = disturbed(real[1], 2);
  const contacts = clip.contacts!.map((value, i) => (i % 4 === 0 ? 0 : value));
  const [found, old] = [worldRotations(planted({ ...clip, contacts })), worldRotations(clip)];
  for (let t = 0; t < clip.frames; t++) {
    const place = 4 * (22 * t + joint("leftAnkle"));
    expect(apart(found.subarray(place, place + 4), old.subarray(place, place + 4))).toBeLessThan(1e-3);
  }
});
