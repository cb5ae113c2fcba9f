import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { inverseNormal, philox4x32, Random } from "../../src/random/index.js";
import { manyNormals } from "../../src/random/many.js";
import { naturalLog } from "../../src/random/normal.js";

interface Golden {
  streams: { seed: string; words: number[] }[];
  uniforms: number[];
  normals: number[];
  quantiles: { p: number; z: number }[];
  logs: { x: number; ln: number }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL("../goldens/random/random.json", import.meta.url), "utf8"));

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);

test.each([
  ["00000000 00000000 00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
])("philox4x32-10 known-answer vector of Random123: %s", (input, output) => {
  const [c0, c1, c2, c3, k0, k1] = input.split(" ").map((word) => Number.parseInt(word, 16));
  const out = new Uint32Array(4);
  philox4x32(out, c0, c1, c2, c3, k0, k1);
  expect([...out].map((word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(output);
});

test("a seed is the Philox key and words come in counter order", () => {
  for (const { seed, words } of golden.streams) {
    const random = new Random(BigInt(seed));
    expect(draw(words.length, () => random.uint32())).toEqual(words);
  }
  expect(new Random(-1).uint32()).toBe(new Random(2n ** 64n - 1n).uint32());
});

test("uniforms are 53-bit and exact", () => {
  const random = new Random(7);
  expect(draw(golden.uniforms.length, () => random.uniform())).toEqual(golden.uniforms);
});

test("normals match 60-digit quantiles of the same words", () => {
  const random = new Random(7);
  for (const z of golden.normals) expect(Math.abs(random.normal() - z)).toBeLessThan(1e-15 * Math.max(1, Math.abs(z)));
});

test("inverseNormal and naturalLog are accurate to a few ulp, also far in the tails", () => {
  for (const { p, z } of golden.quantiles)
    expect(Math.abs(inverseNormal(p) - z)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(z)));
  for (const { x, ln } of golden.logs)
    expect(Math.abs(naturalLog(x) - ln)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(ln)));
});

test("fillNormal, normals and normal are one sequence, and a prefix of a longer draw", () => {
  const one = new Random(3);
  const singles = Float32Array.from(draw(100, () => one.normal()));
  expect(new Random(3).normals(100)).toEqual(singles);
  expect(new Random(3).fillNormal(new Float32Array(300)).subarray(0, 100)).toEqual(singles);
});

test("normals that are drawn together are those that are drawn one by one, from any place on", () => {
  const state = { ...new Random(2n ** 60n + 3n, "together").state() };
  for (const position of [0, 1, 2, 3, 6, 4 * (2 ** 31 - 3), 4 * (2 ** 32 - 3) + 1])
    for (const count of [1, 15, 16, 17, 4095, 4096, 4097, 20_000]) {
      const [all, single] = [Random.fromState({ ...state, position }), Random.fromState({ ...state, position })];
      const found = all.normals(count);
      expect(found.every((z) => z === Math.fround(single.normal()))).toBe(true);
      expect(all.state()).toEqual(single.state());
      expect(all.uint32()).toBe(single.uint32());
    }
  expect(manyNormals()).not.toBeNull();
});

test("normals are the same where WebAssembly is not allowed", async () => {
  const expected = new Random(3).normals(100);
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  const plain = await import("../../src/random/index.js");
  const { manyNormals: none } = await import("../../src/random/many.js");
  const [kernels, found] = [none(), new plain.Random(3).normals(100)];
  vi.unstubAllGlobals();
  expect(kernels).toBeNull();
  expect(found).toEqual(expected);
});

test("a million normals have the moments of N(0, 1)", () => {
  const z = new Random(11).normals(1_000_000);
  const moment = (k: number) => z.reduce((sum, v) => sum + v ** k, 0) / z.length;
  expect(Math.abs(moment(1))).toBeLessThan(4e-3);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(6e-3);
  expect(Math.abs(moment(3))).toBeLessThan(1e-2);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4e-2);
});

test("uniforms fill [0, 1) evenly and never reach 1", () => {
  const counts = new Float64Array(16);
  const u = new Random(5).fillUniform(new Float32Array(160_000));
  for (const value of u) {
    expect(value < 1 && value >= 0).toBe(true);
    counts[Math.floor(value * 16)]++;
  }
  const chi2 = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
  expect(chi2).toBeLessThan(37.7);
});

test("integer is unbiased, in range and checks n", () => {
  const random = new Random(1);
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) counts[random.integer(3)]++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  expect(random.integer(1)).toBe(0);
  for (let i = 0; i < 100; i++) {
    const big = random.integer(2 ** 53);
    expect(Number.isSafeInteger(big) && big >= 0).toBe(true);
  }
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 54]) expect(() => random.integer(n)).toThrow(String(n));
});

test("permutation holds each index once and all orders of three are equally likely", () => {
  const random = new Random(9);
  expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(
    draw(
      1000,
      (
        (i) => () =>
          i++
      )(0),
    ),
  );
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const key = random.permutation(3).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  expect(["a", "b"]).toContain(random.choice(["a", "b"]));
  expect(() => random.choice([])).toThrow("at least one");
});

test("split depends on seed and label only, and leaves the parent alone", () => {
  const parent = new Random(42);
  const first = parent.split("noise").uint32();
  parent.normals(7);
  const before = parent.state();
  expect(parent.split("noise").uint32()).toBe(first);
  expect(parent.state()).toEqual(before);
  expect(new Random(42, "noise").uint32()).toBe(first);
  const seen = new Set([new Random(42).uint32(), new Random(43, "noise").uint32()]);
  for (let i = 0; i < 1000; i++) seen.add(parent.split(i).uint32()).add(parent.split(i).split("x").uint32());
  seen.add(first);
  expect(seen.size).toBe(2003);
});

test("split streams are uncorrelated with each other", () => {
  const root = new Random(0);
  const [a, b] = [root.split(0).normals(100_000), root.split(1).normals(100_000)];
  expect(Math.abs(a.reduce((sum, v, i) => sum + v * b[i], 0) / a.length)).toBeLessThan(0.013);
});

test("state survives JSON at any position and continues exactly", () => {
  for (const words of [0, 1, 2, 3, 5, 10]) {
    const random = new Random(2n ** 63n + 5n, "x");
    for (let i = 0; i < words; i++) random.uint32();
    const copy = Random.fromState(JSON.parse(JSON.stringify(random.state())));
    expect(draw(9, () => copy.normal())).toEqual(draw(9, () => random.normal()));
    expect(copy.state()).toEqual(random.state());
  }
});

test("the counter passes 2^32 blocks", () => {
  const { key, stream } = new Random(1).state();
  const out = new Uint32Array(4);
  philox4x32(out, 5, 1, 0, 0, key[0], key[1]);
  expect(Random.fromState({ key, stream, position: 4 * (2 ** 32 + 5) + 2 }).uint32()).toBe(out[2]);
});

test("a bad seed or state is refused", () => {
  for (const seed of [1.5, Number.NaN, 2 ** 60, 2n ** 64n]) expect(() => new Random(seed)).toThrow("seed");
  expect(() => Random.fromState({ key: [0, -1], stream: [0, 0], position: 0 })).toThrow("no state");
  expect(() => Random.fromState({ key: [0, 0], stream: [0, 0], position: 0.5 })).toThrow("no state");
});
