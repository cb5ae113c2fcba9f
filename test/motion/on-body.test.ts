import { expect, test } from "vitest";
import { BODY, contactsOf, onBody, positionsOf } from "../../src/motion/index.js";
import { furthest, randomClip } from "./fixtures.js";

const sized = (scale: number) => ({ ...BODY, offsets: BODY.offsets.map((value) => scale * value) });

test("a larger body of the same shape becomes the body, everything in proportion", () => {
  const clip = randomClip(1, 6, { skeleton: sized(1.25) });
  const same = onBody(clip);
  expect(same.skeleton).toBe(BODY);
  expect(
    furthest(
      positionsOf(same),
      positionsOf(clip).map((value) => value / 1.25),
    ),
  ).toBeLessThan(1e-6);
  expect(same.rotations).toBe(clip.rotations);
});

test("there and back is the clip, on its own body nothing changes, and contacts stay as they were told", () => {
  const clip = randomClip(2, 6);
  expect(furthest(onBody(onBody(clip, sized(0.8)), BODY).root, clip.root)).toBeLessThan(1e-6);
  expect(onBody(clip)).toBe(clip);
  const told = { ...clip, contacts: contactsOf(clip) };
  expect(onBody(told, sized(2)).contacts).toBe(told.contacts);
});

test("the ratio is that of the legs: longer arms change nothing of the way", () => {
  const offsets = BODY.offsets.slice();
  offsets[3 * 18] *= 3;
  const clip = randomClip(3, 4, { skeleton: { ...BODY, offsets } });
  expect(onBody(clip).root).toEqual(clip.root);
});

test("bodies without legs or with other joints are refused", () => {
  const clip = randomClip(4, 2);
  expect(() => onBody({ ...clip, skeleton: sized(0) })).toThrow("without legs");
  expect(() => onBody(clip, sized(0))).toThrow("without legs");
  const names = BODY.names.with(4, "shin");
  expect(() => onBody(clip, { ...BODY, names })).toThrow('joint 4 is "shin"');
  expect(() => onBody({ ...clip, skeleton: { ...BODY, names } })).toThrow('joint 4 is "shin"');
});
