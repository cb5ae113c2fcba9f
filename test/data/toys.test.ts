import { expect, test } from "vitest";
import { toy, toys } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

const N = 20_000;
const sample = (name: string) => {
  const flat = toy(name)(new Random(1), N);
  return Array.from({ length: N }, (_, i): [number, number] => [flat[2 * i], flat[2 * i + 1]]);
};
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test("every toy is [count, 2], seeded and about as large as [-1, 1]²", () => {
  for (const name of Object.keys(toys)) {
    const points = toy(name)(new Random(4), 500);
    expect(points.length).toBe(1000);
    expect(points).toEqual(toy(name)(new Random(4), 500));
    expect(points).not.toEqual(toy(name)(new Random(5), 500));
    const extent = points.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    expect(extent).toBeGreaterThan(0.9);
    expect(extent).toBeLessThan(1.35);
  }
  expect(() => toy("moons")).toThrow(/"moons".*swiss-roll/);
});

test("gaussians-8: eight even modes at radius 1 with standard deviation 0.05", () => {
  const counts = new Array(8).fill(0);
  const squares: number[] = [];
  for (const [x, y] of sample("gaussians-8")) {
    const mode = Math.round(Math.atan2(y, x) / (Math.PI / 4));
    counts[(mode + 8) % 8]++;
    const angle = (mode * Math.PI) / 4;
    squares.push(((x - Math.cos(angle)) ** 2 + (y - Math.sin(angle)) ** 2) / 2);
  }
  for (const count of counts) expect(Math.abs(count / N - 1 / 8)).toBeLessThan(0.01);
  expect(Math.sqrt(mean(squares))).toBeCloseTo(0.05, 2);
});

test("checkerboard: the cells of even i + j of a 4 x 4 board, evenly", () => {
  const counts = new Map<string, number>();
  for (const [x, y] of sample("checkerboard")) {
    const key = [x, y].map((v) => Math.min(3, Math.max(0, Math.floor(v * 2 + 2)))).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) {
      const share = (counts.get(`${i},${j}`) ?? 0) / N;
      if ((i + j) % 2 === 0) expect(share).toBeGreaterThan(0.085);
      else expect(share).toBeLessThan(0.05);
    }
});

test("swiss-roll: radius grows with the angle, between 1/9 and 1 of the largest", () => {
  const radii = sample("swiss-roll").map(([x, y]) => Math.hypot(x, y));
  expect(mean(radii)).toBeCloseTo(5 / 9 / 0.977, 1);
  expect(radii.filter((r) => r < 0.05).length / N).toBeLessThan(0.01);
  // On the spiral r = t / T and the angle is t: their difference modulo a turn is small.
  const turns = sample("swiss-roll").map(([x, y]) => {
    const difference = Math.hypot(x, y) * 4.5 * Math.PI - Math.atan2(y, x);
    return Math.abs(difference / (2 * Math.PI) - Math.round(difference / (2 * Math.PI)));
  });
  expect(mean(turns)).toBeLessThan(0.12);
});

test("spiral: two arms, symmetric about the origin", () => {
  const points = sample("spiral");
  expect(Math.abs(mean(points.map(([x]) => x)))).toBeLessThan(0.02);
  expect(Math.abs(mean(points.map(([, y]) => y)))).toBeLessThan(0.02);
  const onArm = points.map(([x, y]) => {
    const difference = Math.hypot(x, y) * 3 * Math.PI - Math.atan2(y, x);
    return Math.abs(difference / Math.PI - Math.round(difference / Math.PI));
  });
  expect(mean(onArm)).toBeLessThan(0.2);
});

test("two-moons: half circles of radius 2/3 that interlock", () => {
  const points = sample("two-moons");
  expect(Math.abs(mean(points.map(([x]) => x)))).toBeLessThan(0.02);
  const radius = (x: number, y: number) => Math.hypot(x + 1 / 3, y + 1 / 6);
  const radii = points.map(([x, y]) => {
    const upper = Math.abs(radius(x, y) - 2 / 3) < Math.abs(radius(-x, -y) - 2 / 3);
    return upper ? radius(x, y) : radius(-x, -y);
  });
  expect(mean(radii)).toBeCloseTo(2 / 3, 1);
  expect(radii.filter((r) => Math.abs(r - 2 / 3) > 0.2).length / N).toBeLessThan(0.01);
  expect(points.filter(([x, y]) => y > 0 && x < -0.4).length / N).toBeGreaterThan(0.1); // the left end of the upper one
});
