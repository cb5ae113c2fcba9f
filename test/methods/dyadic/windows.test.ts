import { expect, test } from "vitest";
import { SOUND_FEATURES, SOUND_PARTS } from "../../../src/audio/index.js";
import { louder, stretchOf } from "../../../src/methods/dyadic/windows.js";

test("a stretch repeats the first and the last row beyond the ends", () => {
  for (const length of [1, 2, 5])
    for (let start = -7; start < 9; start++)
      for (let count = 0; count < 12; count++) {
        const rows = Float32Array.from({ length: 3 * length }, (_, i) => i + 1);
        const place = (i: number) => 3 * Math.max(0, Math.min(length - 1, start + Math.floor(i / 3))) + (i % 3);
        const expected = Float32Array.from({ length: 3 * count }, (_, i) => rows[place(i)]);
        expect(stretchOf(rows, 3, start, count)).toEqual(expected);
      }
});

test("louder voices have more energy in every band, and are otherwise as they were", () => {
  const rows = louder(new Float32Array(2 * SOUND_FEATURES), 20 / Math.LN10, SOUND_FEATURES);
  const [[first, end], [energy]] = [SOUND_PARTS.mel, SOUND_PARTS.energy];
  const expected = (i: number) => (i === energy ? 1 : i >= first && i < end ? 2 : 0);
  rows.forEach((value, i) => void expect(value).toBeCloseTo(expected(i % SOUND_FEATURES), 5));
});
