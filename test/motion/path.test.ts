import { expect, test } from "vitest";
import { FloorPath, joinClips, PathFollower, positionsOf, type Spot } from "../../src/motion/index.js";
import { clipOf } from "../methods/motion/clips.js";

const SPEED = 1.2;
const walk = (frames = 120) => clipOf({ frames, speed: SPEED, wave: () => false });
const steered = (points: Spot[], clip = walk()) => {
  const follower = new PathFollower();
  follower.follow(points);
  return follower.steer(clip);
};
const spots = ({ root, frames }: { root: Float32Array; frames: number }): Spot[] =>
  Array.from({ length: frames }, (_, t) => [root[3 * t], root[3 * t + 2]]);
const circle = Array.from({ length: 41 }, (_, i): Spot => {
  const angle = (i % 40) * (Math.PI / 20);
  return [2 * Math.sin(angle), 2 - 2 * Math.cos(angle)];
});

test("a path is measured along its points; a closed one goes round, another goes straight on", () => {
  const corner = new FloorPath([
    [0, 0],
    [0, 2],
    [0, 2],
    [3, 2],
  ]);
  expect([corner.length, corner.closed]).toEqual([5, false]);
  expect(corner.at(1)).toEqual([0, 1]);
  expect(corner.at(3)).toEqual([1, 2]);
  expect(corner.at(6)).toEqual([4, 2]);
  expect(corner.nearest([1, 2.5]).at).toBeCloseTo(3, 1);
  expect(corner.nearest([1, 2.5]).distance).toBeCloseTo(0.5, 2);
  expect(corner.nearest([0, 0], 4).at).toBe(4); // what is behind is not gone back to
  const round = new FloorPath(circle);
  expect(round.closed).toBe(true);
  expect(round.at(round.length + 1)[0]).toBeCloseTo(round.at(1)[0], 6);
});

test("points that are no path are refused", () => {
  expect(() => new FloorPath([[0, 0]])).toThrow("two different points");
  expect(
    () =>
      new FloorPath([
        [1, 1],
        [1, 1],
      ]),
  ).toThrow("two different points");
  expect(
    () =>
      new FloorPath([
        [0, 0],
        [0, Number.NaN],
      ]),
  ).toThrow("x and z in metres");
  expect(() => new FloorPath(Array.from({ length: 1001 }, (_, i) => [0, i]))).toThrow("1000 points at most");
});

test("the root follows a path at its own speed, and the body looks where it goes", () => {
  const clip = walk();
  const led = steered(circle, clip);
  const path = new FloorPath(circle);
  const away = spots(led).map((spot) => path.nearest(spot).distance);
  expect(Math.max(...away)).toBeLessThan(0.25);
  expect(away.reduce((sum, value) => sum + value, 0) / away.length).toBeLessThan(0.1);
  const [free, own] = [spots(clip), spots(led)];
  for (let t = 1; t < clip.frames; t++) {
    const step = (at: Spot[]) => Math.hypot(at[t][0] - at[t - 1][0], at[t][1] - at[t - 1][1]);
    expect(step(own)).toBeCloseTo(step(free), 5);
  }
  const last = led.frames - 1;
  const [dx, dz] = [own[last][0] - own[last - 1][0], own[last][1] - own[last - 1][1]];
  const joints = positionsOf(led);
  const at = (joint: number) => joints.subarray(3 * (22 * last + joint));
  const across = [at(2)[0] - at(1)[0], at(2)[2] - at(1)[2]]; // from the left hip to the right
  expect((across[1] * dx - across[0] * dz) / (Math.hypot(...across) * Math.hypot(dx, dz))).toBeGreaterThan(0.9);
});

test("blocks give what the whole gives, and the clip that came is left as it was", () => {
  const clip = walk(48);
  const before = clip.root.slice();
  const whole = steered(circle, clip);
  const follower = new PathFollower();
  follower.follow(circle);
  const cut = (start: number, end: number) => ({
    ...clip,
    frames: end - start,
    root: clip.root.subarray(3 * start, 3 * end),
    rotations: clip.rotations.subarray(88 * start, 88 * end),
  });
  const parts = [cut(0, 12), cut(12, 13), cut(13, 48)].map((part) => follower.steer(part));
  expect(joinClips(parts)).toEqual(whole);
  expect(clip.root).toEqual(before);
});

test("who stands stays, and a follower without a path changes nothing", () => {
  const still = clipOf({ frames: 40, speed: 0, wave: () => true });
  const led = steered(
    [
      [3, 1],
      [3, 5],
    ],
    still,
  );
  for (const [x, z] of spots(led)) expect([x, z]).toEqual([3, 1]);
  const free = new PathFollower().steer(walk());
  expect(free.rotations).toEqual(walk().rotations);
  for (const [t, [x, z]] of spots(free).entries()) {
    expect(x).toBeCloseTo(0, 6);
    expect(z).toBeCloseTo((SPEED * t) / 20, 4);
  }
});

test("a path that comes on the way is joined without a jump; a copy goes ahead alone", () => {
  const clip = walk(40);
  const follower = new PathFollower();
  const first = follower.steer(clip);
  const on = { ...clip, root: clip.root.map((value, i) => (i % 3 === 2 ? value + (40 * SPEED) / 20 : value)) };
  follower.follow([
    [1, 0],
    [1, 30],
  ]);
  const ahead = follower.copy().steer(on);
  const second = follower.steer(on);
  expect(second).toEqual(ahead);
  const [a, b] = [spots(first).at(-1)!, spots(second)[0]];
  expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeCloseTo(SPEED / 20, 3);
  expect(spots(second).at(-1)![0]).toBeCloseTo(1, 0.5);
});
