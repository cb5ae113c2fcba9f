import { expect, test } from "vitest";
import { ACTIONS, locomotion } from "../../../src/data/motion/locomotion/index.js";
import { smoothAbove } from "../../../src/data/motion/locomotion/pelvis.js";
import { BODY, CONTACT_JOINTS, contactsOf, positionsOf, rotate, type Vector } from "../../../src/motion/index.js";
import { reachLeg } from "../../../src/motion/leg.js";
import { Random } from "../../../src/random/index.js";

const dataset = locomotion({ clips: 36, test: 0, seed: 11, sequences: 0.5, frames: [64, 128] });
const clips = dataset.train.map(({ clip }) => clip);
const joint = (name: string) => BODY.names.indexOf(name);

const step = (positions: Float32Array, from: number, to: number): number =>
  Math.hypot(...[0, 1, 2].map((axis) => positions[to + axis] - positions[from + axis]));

test("clips are finite, of unit turns, and as long as is said", () => {
  for (const { clip, segments } of dataset.train) {
    expect(clip.frames % 4).toBe(0);
    expect(clip.frames).toBeGreaterThanOrEqual(64);
    expect(clip.frames).toBeLessThanOrEqual(128);
    expect(clip.root.every(Number.isFinite)).toBe(true);
    expect([clip.root[0], clip.root[2]].map(Math.abs).every((at) => at < 0.1)).toBe(true);
    for (let at = 0; at < clip.rotations.length; at += 4)
      expect(Math.abs(Math.hypot(...clip.rotations.subarray(at, at + 4)) - 1)).toBeLessThan(1e-6);
    const ends = segments.map(({ end }) => end);
    expect(segments.map(({ start }) => start)).toEqual([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(clip.frames);
    expect(segments.every(({ start, end }) => end - start >= 16)).toBe(true);
  }
});

test("bones keep their lengths, of one scale from 0.92 to 1.08", () => {
  for (const clip of clips) {
    const positions = positionsOf(clip);
    const scale = clip.skeleton.offsets[3 * joint("leftKnee") + 1] / BODY.offsets[3 * joint("leftKnee") + 1];
    expect(scale).toBeGreaterThan(0.919);
    expect(scale).toBeLessThan(1.081);
    for (let frame = 0; frame < clip.frames; frame += 7)
      BODY.parents.forEach((parent, child) => {
        if (parent < 0) return;
        const long = step(positions, 3 * (22 * frame + parent), 3 * (22 * frame + child));
        const rest = Math.hypot(...BODY.offsets.subarray(3 * child, 3 * child + 3));
        expect(Math.abs(long - scale * rest)).toBeLessThan(1e-5); // float32 at some ten metres from the origin
      });
  }
});

test("a standing foot does not move, is where HumanML3D's rule sees a contact, and no foot skates or sinks", () => {
  let [agreed, all] = [0, 0];
  for (const clip of clips) {
    const positions = positionsOf(clip);
    const seen = contactsOf(clip);
    for (let frame = 1; frame < clip.frames; frame++) {
      CONTACT_JOINTS.forEach((foot, i) => {
        const [before, now] = [3 * (22 * (frame - 1) + foot), 3 * (22 * frame + foot)];
        const stands = clip.contacts![4 * frame + i];
        if (stands) expect(step(positions, before, now)).toBeLessThan(2e-5);
        if (stands) expect(seen[4 * frame + i]).toBe(1);
        agreed += Number(stands === seen[4 * frame + i]);
        all++;
        expect(positions[now + 1]).toBeGreaterThan(0.015);
        const skates =
          i % 2 === 1 &&
          Math.max(positions[before + 1], positions[now + 1]) < 0.05 &&
          Math.hypot(positions[now] - positions[before], positions[now + 2] - positions[before + 2]) > 0.5 / 20;
        expect(skates).toBe(false);
      });
    }
    expect([...clip.contacts!.subarray(0, 4)]).toEqual([...clip.contacts!.subarray(4, 8)]);
  }
  expect(agreed / all).toBeGreaterThan(0.75);
});

test("knees never bend backward", () => {
  for (const clip of clips)
    for (let frame = 0; frame < clip.frames; frame++)
      for (const knee of [joint("leftKnee"), joint("rightKnee")]) {
        const [x, y, z, w] = clip.rotations.subarray(4 * (22 * frame + knee), 4 * (22 * frame + knee) + 4);
        expect(Math.sign(w) * x).toBeGreaterThan(0.02); // half the sine of the flexion about the knee's own axis
        expect(Math.hypot(y, z)).toBeLessThan(1e-6);
      }
});

test("motion is smooth: no joint is thrown from a frame to the next, and jerk is as of captured motion", () => {
  let [sum, count] = [0, 0];
  for (const clip of clips) {
    const positions = positionsOf(clip);
    const width = 66;
    for (let frame = 0; frame + 3 < clip.frames; frame++) {
      let jerk = 0;
      for (let at = frame * width; at < (frame + 1) * width; at += 3) {
        expect(step(positions, at, at + width)).toBeLessThan(0.95);
        const third = [0, 1, 2].map((axis) => {
          const of = (later: number) => positions[at + later * width + axis];
          return Math.abs(of(3) - 3 * of(2) + 3 * of(1) - of(0));
        });
        jerk = Math.max(jerk, third[0] + third[1] + third[2]);
      }
      expect(jerk).toBeLessThan(1.5);
      sum += jerk;
      count++;
    }
  }
  expect(sum / count).toBeGreaterThan(0.03);
  expect(sum / count).toBeLessThan(0.09);
});

test("a leg hits what it reaches, and stops on the way to what it does not; its knee points forward", () => {
  const random = new Random(1);
  const ends = (hip: Vector, target: Vector) => {
    const leg = reachLeg(hip, target, 0.42, 0.43, [1, 0, 0]);
    const [thigh, shin] = [rotate(leg.thigh, [0, -0.42, 0]), rotate(leg.shin, [0, -0.43, 0])];
    const knee = hip.map((at, i) => at + thigh[i]);
    return { leg, knee, ankle: knee.map((at, i) => at + shin[i]) };
  };
  for (let i = 0; i < 200; i++) {
    const [tilt, side, far] = [
      random.uniform() * 2.4 - 1.2,
      random.uniform() * 1.6 - 0.8,
      0.12 + 0.72 * random.uniform(),
    ];
    const hip: Vector = [0.1, 0.9, random.uniform()];
    const way = [Math.sin(side), -Math.cos(side) * Math.cos(tilt), Math.cos(side) * Math.sin(tilt)];
    const target = hip.map((at, axis) => at + far * way[axis]) as Vector;
    const { ankle, leg, knee } = ends(hip, target);
    expect(Math.hypot(...ankle.map((at, axis) => at - target[axis]))).toBeLessThan(1e-9);
    expect(leg.flexion).toBeGreaterThan(0);
    // Ahead of the line from hip to ankle, in the leg's own plane
    const middle = knee.map((at, axis) => at - hip[axis]);
    expect(middle[2] * Math.cos(tilt) + middle[1] * Math.sin(tilt)).toBeGreaterThan(0);
  }
  const { ankle } = ends([0, 0.9, 0], [0, -1, 0]);
  expect(0.9 - ankle[1]).toBeGreaterThan(0.999 * 0.85);
  expect(0.9 - ankle[1]).toBeLessThan(0.85);
});

test("the pelvis comes down at least as far as it must, smoothly", () => {
  const needed = [0, 0, 0, 0, 0, 0.1, 0, 0, 0.05, 0.05, 0, 0, 0, 0, 0];
  const lower = smoothAbove(needed);
  lower.forEach((value, i) => {
    expect(value).toBeGreaterThanOrEqual(needed[i] - 1e-15);
    if (i > 0) expect(Math.abs(value - lower[i - 1])).toBeLessThan(0.05);
  });
  expect(smoothAbove([0, 0, 0])).toEqual([0, 0, 0]);
});

test("every action is shown", () => {
  const many = locomotion({ clips: 60, test: 0, seed: 2, sequences: 1, frames: [64, 64] });
  expect(new Set(many.train.flatMap(({ slots }) => slots.map(({ action }) => action)))).toEqual(new Set(ACTIONS));
});
