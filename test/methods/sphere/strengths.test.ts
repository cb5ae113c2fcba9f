import { describe, expect, test } from "vitest";
import { sigmaOf } from "../../../src/methods/sphere/geometry.js";
import { drawStrengths, hardAngle, resolveAngle, stratified } from "../../../src/methods/sphere/strengths.js";
import { Random } from "../../../src/random/index.js";

const random = new Random(5, "sphere strengths");
const share = (values: Float32Array, test: (x: number) => boolean) => values.filter(test).length / values.length;
const many = (batches: number, draw: () => Float32Array) => {
  const parts = Array.from({ length: batches }, draw);
  return Float32Array.from(parts.flatMap((p) => Array.from(p)));
};

test("10: stratified radii have one zero, one one, and one value in each interval between, in another order each time", () => {
  const values = stratified(128, random);
  const sorted = values.slice().sort();
  expect(sorted[0]).toBe(0);
  expect(sorted[127]).toBe(1);
  for (let i = 0; i < 126; i++) {
    expect(sorted[i + 1]).toBeGreaterThanOrEqual(i / 126);
    expect(sorted[i + 1]).toBeLessThanOrEqual((i + 1) / 126 + 1e-7);
    expect(sorted[i + 1]).toBeGreaterThan(0);
  }
  expect(Math.abs(values.reduce((a, b) => a + b) / 128 - 0.5)).toBeLessThan(0.01);
  expect(stratified(128, random).indexOf(1)).not.toBe(values.indexOf(1));
  for (const batch of [1, 2]) expect(stratified(batch, random)).toHaveLength(batch);
});

const additive = { kind: "additive", maxAngle: 80, hardCases: "none" } as const;
const full = sigmaOf(80);

test("11: angles of heavy noises, whose σ is uniform", () => {
  const sigmas = many(400, () => drawStrengths(1026, additive, random).heavy);
  expect(Math.abs(share(sigmas, (s) => s < 1) - 0.1763)).toBeLessThan(0.002);
  const median = sigmas.sort()[sigmas.length >> 1];
  expect((Math.atan(median) * 180) / Math.PI).toBeCloseTo(70.57, 1);
});

test("12: light noises", () => {
  const r = many(400, () => drawStrengths(1026, additive, random).light).map((s) => s / full);
  for (const [t, p] of [
    [0.05, 0.3303],
    [0.1, 0.5219],
    [0.25, 0.8466],
  ])
    expect(Math.abs(share(r, (x) => x < t) - p)).toBeLessThan(0.003);
  expect(r.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(0.5);
});

describe("13: hard cases", () => {
  const reach = (hardCases: "intended" | "asReleased" | "none") =>
    many(400, () => drawStrengths(1026, { ...additive, hardCases }, random).heavy).map((s) => s / full);
  const most = (r: Float32Array) => r.reduce((a, b) => Math.max(a, b));
  test("as meant they go up to the hard angle, a tenth of all", () => {
    const r = reach("intended");
    expect(most(r)).toBeLessThanOrEqual(2.0156);
    expect(most(r)).toBeGreaterThan(2);
    expect(Math.abs(share(r, (x) => x > 1.000001) - 0.1)).toBeLessThan(0.003);
  });
  test("as released they reach the lowest tenth of the band only", () => {
    const r = reach("asReleased");
    expect(most(r)).toBeLessThanOrEqual(1.1016);
    expect(most(r)).toBeGreaterThan(1.09);
    expect(Math.abs(share(r, (x) => x > 1.000001) - 0.1)).toBeLessThan(0.003);
  });
  test("or there are none", () => expect(most(reach("none"))).toBeLessThanOrEqual(1 + 1e-6));
  test("light noises do not follow them", () => {
    const { light } = drawStrengths(1026, { ...additive, hardCases: "intended", hardShare: 1 }, random);
    expect(most(light) / full).toBeLessThanOrEqual(0.5);
  });
});

test("a rotation's strengths are radians, and its hard cases end at 90°", () => {
  const { heavy, light } = drawStrengths(1026, { kind: "rotation", maxAngle: 85, hardCases: "intended" }, random);
  const most = (r: Float32Array) => r.reduce((a, b) => Math.max(a, b));
  expect(most(heavy)).toBeLessThanOrEqual(Math.PI / 2 + 1e-6);
  expect(most(heavy)).toBeGreaterThan((85 * Math.PI) / 180);
  expect(most(light)).toBeLessThanOrEqual((85 * Math.PI) / 360);
  expect(hardAngle("additive", 88)).toBe(89);
});

test("without noise everything is zero", () => {
  const { heavy, light } = drawStrengths(16, { kind: "additive", maxAngle: 0, hardCases: "none" }, random);
  expect([...heavy, ...light].every((x) => x === 0)).toBe(true);
});

test("the automatic angle is the capacity angle", () => {
  expect(resolveAngle("auto", 60_000, 128)).toBeCloseTo(66.6, 1);
  expect(resolveAngle("auto", 60_000, 65_536)).toBe(85);
  expect(resolveAngle(50, 60_000, 128)).toBe(50);
});
