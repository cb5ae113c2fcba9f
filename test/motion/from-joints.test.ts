import { expect, test } from "vitest";
import { fromJoints, HUMANML_PARTS, humanmlClip, positionsOf, toHumanml, toStart } from "../../src/motion/index.js";
import { fromEuler } from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES } from "../../src/motion/skeleton.js";
import { furthest, randomClip } from "./fixtures.js";

const FRAMES = 6;
const clip = randomClip(3, FRAMES);

test("a body is posed so that its joints stand where they stood", () => {
  const joints = positionsOf(clip);
  const posed = fromJoints(joints, { fps: 20 });
  expect(furthest(positionsOf(posed), joints)).toBeLessThan(1e-5);
  expect(posed).toMatchObject({ fps: 20, frames: FRAMES, skeleton: BODY, contacts: null });
});

test("a body of another size keeps its own, and its way is scaled by the legs", () => {
  const joints = positionsOf(clip).map((value) => 2 * value);
  expect(furthest(positionsOf(fromJoints(joints, { fps: 20 })), positionsOf(clip))).toBeLessThan(1e-5);
});

test("rotations stay on one side of the sphere from frame to frame", () => {
  const joints = BODY_NAMES.length;
  const turning = { ...clip, rotations: clip.rotations.slice() };
  for (let frame = 0; frame < FRAMES; frame++)
    turning.rotations.set(fromEuler("YXZ", [110 + 30 * frame, 0, 0]), 4 * frame * joints);
  const { rotations } = fromJoints(positionsOf(turning), { fps: 20 });
  for (let at = 4 * joints; at < rotations.length; at += 4 * joints) {
    const [before, now] = [rotations.subarray(at - 4 * joints), rotations.subarray(at)];
    expect([0, 1, 2, 3].reduce((sum, i) => sum + before[i] * now[i], 0)).toBeGreaterThan(0);
  }
});

test("HumanML3D's features are a body's motion with their contacts", () => {
  const joints = toStart(positionsOf(clip));
  const rows = toHumanml(joints);
  const [first, end] = HUMANML_PARTS.contacts;
  const contacts = Array.from({ length: (FRAMES - 1) * (end - first) }, (_, i) => Number(i % 3 === 0));
  contacts.forEach((value, i) => {
    rows[263 * Math.floor(i / 4) + first + (i % 4)] = value ? 0.9 : -0.2; // as a decoder gives them
  });
  const read = humanmlClip(rows, { fps: 20 });
  expect(read.frames).toBe(FRAMES - 1);
  expect(furthest(positionsOf(read), joints.slice(0, (FRAMES - 1) * 66))).toBeLessThan(1e-5);
  expect(Array.from(read.contacts!)).toEqual(contacts);
});
