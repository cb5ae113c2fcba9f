import { expect, test } from "vitest";
import { BODY, type Clip, joinClips } from "../../src/motion/index.js";

const clip = (frames: number, from: number, contacts = true): Clip => ({
  ...{ skeleton: BODY, fps: 20, frames },
  rotations: Float32Array.from({ length: 88 * frames }, (_, i) => from + i),
  root: Float32Array.from({ length: 3 * frames }, (_, i) => from - i),
  contacts: contacts ? new Uint8Array(4 * frames).fill(from % 2) : null,
});

test("clips are joined in their order; contacts only where all have them", () => {
  const parts = [clip(2, 1), clip(3, 10)];
  const joined = joinClips(parts);
  expect([joined.skeleton, joined.fps, joined.frames]).toEqual([BODY, 20, 5]);
  for (const part of ["rotations", "root", "contacts"] as const)
    expect([...joined[part]!]).toEqual(parts.flatMap((one) => [...one[part]!]));
  expect(joinClips([clip(2, 1), clip(1, 0, false)]).contacts).toBeNull();
  expect(() => joinClips([])).toThrow(RangeError);
});
