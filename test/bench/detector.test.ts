import { expect, test } from "vitest";
import { tellApart } from "../../bench/quality/detector.js";
import { chosen, rivals } from "../../bench/quality/rivals.js";
import { Random } from "../../src/random/index.js";

const SIZE = [1, 8, 8] as const;
/** Grey noise around a brightness. */
const noise = (label: string, brightness: number, count: number) =>
  new Random(5, label).normals(count * 64).map((x) => Math.tanh(brightness + 0.3 * x));
const kind = (label: string, brightness: number) => ({
  learnt: noise(`${label} learnt`, brightness, 200),
  heldOut: noise(`${label} held out`, brightness, 150),
});
const options = { steps: 40, seed: 1, threads: 1 };

test("pictures that differ are told apart, and those that do not are not", async () => {
  const apart = await tellApart([kind("a", 0), kind("b", 0.3)], SIZE, options);
  expect(apart.accuracy).toBeGreaterThan(0.97);
  expect(apart.count).toBe(300);
  const alike = await tellApart([kind("a", 0), kind("b", 0)], SIZE, options);
  expect(alike.interval[0]).toBeLessThan(0.5);
  expect(alike.interval[1]).toBeGreaterThan(0.5);
});

test("of held-out pictures as many of each are asked about", async () => {
  const few = { ...kind("b", 0.3), heldOut: noise("few", 0.3, 20) };
  expect((await tellApart([kind("a", 0), few], SIZE, { ...options, steps: 2 })).count).toBe(40);
});

test("a rival brings what it begins with, in the order of training", () => {
  expect(chosen(["shortcut-frechet"]).rivals.map(({ name }) => name)).toEqual([
    ...["drifting-frechet", "shortcut", "shortcut-frechet"],
  ]);
  expect(chosen(["flow"])).toEqual({ shipped: [expect.objectContaining({ name: "flow" })], rivals: [] });
  expect(chosen([]).rivals).toBe(rivals);
  expect(() => chosen(["flw"])).toThrow(/no rival "flw"; choose of drifting, flow, drifting-frechet/);
});
