import { expect, test } from "vitest";
import { BODY, HUMANML_PARTS, humanmlClip, positionsOf, toHumanml, toStart } from "../../src/motion/index.js";
import { furthest, randomClip } from "./fixtures.js";

test("HumanML3D's features are a body's motion with their contacts", () => {
  const frames = 6;
  const swinging = randomClip(3, frames);
  // Collars at rest: places do not tell their turns from the chest's
  for (let frame = 0; frame < frames; frame++)
    for (const collar of [13, 14]) swinging.rotations.set([0, 0, 0, 1], 4 * (22 * frame + collar));
  const joints = toStart(positionsOf(swinging));
  const rows = toHumanml(joints);
  const [first, end] = HUMANML_PARTS.contacts;
  const contacts = Array.from({ length: (frames - 1) * (end - first) }, (_, i) => Number(i % 3 === 0));
  contacts.forEach((value, i) => {
    rows[263 * Math.floor(i / 4) + first + (i % 4)] = value ? 0.9 : -0.2; // as a decoder gives them
  });
  const clip = humanmlClip(rows, { fps: 20 });
  expect(clip).toMatchObject({ skeleton: BODY, fps: 20, frames: frames - 1 });
  expect(furthest(positionsOf(clip), joints.slice(0, (frames - 1) * 66))).toBeLessThan(1e-5);
  expect(Array.from(clip.contacts!)).toEqual(contacts);
});
