import { expect, test } from "vitest";
import { BODY, contactsOf, mirror, positionsOf, type Skeleton } from "../../src/motion/index.js";
import { furthest, randomClip } from "./fixtures.js";

const partner = (name: string) =>
  name.startsWith("left") ? name.replace("left", "right") : name.replace("right", "left");

/** Places with x turned around and left and right exchanged. */
function reflected(positions: Float32Array, names: readonly string[]): Float32Array {
  const width = names.length * 3;
  return positions.map((_, at) => {
    const joint = names.indexOf(partner(names[Math.floor((at % width) / 3)]));
    const value = positions[at - (at % width) + 3 * joint + (at % 3)];
    return at % 3 === 0 ? -value : value;
  });
}

test("every joint stands where the mirror shows it, under its partner's name", () => {
  const clip = randomClip(5);
  expect(furthest(positionsOf(mirror(clip)), reflected(positionsOf(clip), BODY.names))).toBeLessThan(1e-5);
  expect(mirror(clip).skeleton).toBe(BODY);
});

test("mirrored twice it is the motion itself, to the bit", () => {
  const clip = randomClip(6);
  const marked = { ...clip, contacts: contactsOf(clip) };
  expect(mirror(mirror(marked))).toEqual(marked);
  expect(furthest(mirror(marked).rotations, marked.rotations)).toBeGreaterThan(0.1);
});

test("a body with one longer leg is mirrored with its bones", () => {
  const offsets = BODY.offsets.slice();
  offsets[3 * 4 + 1] = -0.6;
  const clip = randomClip(7, 5, { skeleton: { ...BODY, offsets } });
  expect(furthest(positionsOf(mirror(clip)), reflected(positionsOf(clip), BODY.names))).toBeLessThan(1e-5);
  expect(mirror(clip).skeleton.offsets[3 * 5 + 1]).toBeCloseTo(-0.6, 6);
});

test("contacts change sides", () => {
  const clip = { ...randomClip(8, 2), contacts: Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 0) };
  expect([...mirror(clip).contacts!]).toEqual([0, 0, 1, 0, 1, 0, 0, 1]);
  expect(mirror(randomClip(8, 2)).contacts).toBeNull();
});

test("a joint without a partner is named", () => {
  const names = ["hips", "leftLeg", "rightLeg"];
  const skeleton: Skeleton = { names, parents: [-1, 0, 0], offsets: new Float32Array(9) };
  expect(() => mirror(randomClip(9, 2, { skeleton }))).not.toThrow();
  const odd = { ...skeleton, names: names.with(2, "tail") };
  expect(() => mirror(randomClip(9, 2, { skeleton: odd }))).toThrow('"leftLeg" has no partner "rightLeg"');
  const crossed = { ...skeleton, parents: [-1, 0, 1] };
  expect(() => mirror(randomClip(9, 2, { skeleton: crossed }))).toThrow("hang on different joints");
});
