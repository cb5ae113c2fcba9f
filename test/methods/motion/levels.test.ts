import { describe, expect, test } from "vitest";
import { drawLevels } from "../../../src/methods/motion/levels.js";
import { selfMask, textMask } from "../../../src/methods/motion/masks.js";
import { Random } from "../../../src/random/index.js";

describe("noise levels", () => {
  test("independent ones are uniform, and of no block say anything of another's", () => {
    const random = new Random(3, "levels");
    const count = 20_000;
    const draws = Array.from({ length: count }, () => drawLevels("independent", 3, random));
    const column = (b: number) => draws.map(({ times }) => times[b]);
    const [a, b] = [column(0), column(2)];
    const mean = (list: number[]) => list.reduce((x, y) => x + y, 0) / count;
    const product = mean(a.map((t, i) => (t - 0.5) * (b[i] - 0.5)));
    expect(Math.abs(product * 12)).toBeLessThan(0.02);
    const sorted = [...a].sort((x, y) => x - y);
    const distance = Math.max(...sorted.map((t, i) => Math.abs(t - (i + 0.5) / count)));
    expect(distance * Math.sqrt(count)).toBeLessThan(1.6); // Kolmogorov and Smirnov, 1 %
    expect(draws.every(({ counted }) => counted.every((one) => one === 1))).toBe(true);
  });

  test("on a staircase never rise, and only those in the making count", () => {
    const random = new Random(3, "levels");
    for (let i = 0; i < 500; i++) {
      const { times, counted } = drawLevels("staircase", 6, random);
      for (let b = 1; b < 6; b++) expect(times[b]).toBeLessThanOrEqual(times[b - 1]);
      expect([...counted]).toEqual([...times].map((t) => (t > 0 && t < 1 ? 1 : 0)));
    }
  });

  test("mixed ones are of both kinds", () => {
    const random = new Random(3, "levels");
    const draws = Array.from({ length: 200 }, () => drawLevels("mixed", 6, random).times);
    const falling = draws.filter((times) => times.every((t, b) => b === 0 || t <= times[b - 1])).length;
    expect(falling).toBeGreaterThan(70);
    expect(falling).toBeLessThan(130);
  });
});

describe("masks", () => {
  const rows = (mask: Uint8Array, width: number) =>
    Array.from({ length: mask.length / width }, (_, i) => [...mask.subarray(i * width, (i + 1) * width)].join(""));

  test("causal: tokens see their own and earlier blocks, whatever their times", () => {
    expect(rows(selfMask({ times: [1, 0.5, 0] }, { block: 2, attention: "causal" }), 6)).toEqual([
      ...["110000", "110000"],
      ...["111100", "111100"],
      ...["111111", "111111"],
    ]);
  });

  test("window: blocks that are not clean see those in the making, clean and waiting ones are not looked at from before", () => {
    expect(rows(selfMask({ times: [1, 0.75, 0.5, 0] }, { block: 1, attention: "window" }), 4)).toEqual([
      "1000",
      "1110",
      "1110",
      "1111",
    ]);
  });

  test("each token reads the words of its own block's caption", () => {
    const signs = Float32Array.of(1, 0, 1, 0, 0, 0, /* */ -1, 1, 0, 0, 0, 0);
    expect(rows(textMask({ captions: [0, 1] }, { signs, length: 3 }, 2), 6)).toEqual([
      "110000",
      "110000",
      "000100",
      "000100",
    ]);
  });
});
