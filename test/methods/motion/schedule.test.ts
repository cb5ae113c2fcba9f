import { describe, expect, test } from "vitest";
import { callsOf, type Staircase, stepsLeft, timesAt } from "../../../src/methods/motion/schedule.js";

const cases: [number, number, number][] = [
  [50, 2, 16],
  [50, 5, 16],
  [50, 50, 16],
  [10, 2, 16],
  [16, 0, 7],
  [8, 3, 5],
  [10, 4, 1],
];

describe("a staircase", () => {
  test.each([
    [50, 2, 16, 80],
    [50, 2, 48, 144],
    [50, 5, 16, 125],
    [50, 50, 16, 800],
    [10, 2, 16, 40],
    [50, 0, 16, 50],
  ])("of %i steps and lag %i over %i blocks takes %i calls", (steps, lag, blocks, calls) => {
    expect(callsOf({ steps, lag, blocks })).toBe(calls);
  });

  test.each(cases)("falls step by step: %i steps, lag %i, %i blocks", (steps, lag, blocks) => {
    const schedule = { steps, lag, blocks };
    const rows = callsOf(schedule) + 1;
    const table = Array.from({ length: rows }, (_, m) =>
      Array.from({ length: blocks }, (_, b) => stepsLeft(schedule, m, b)),
    );
    for (let b = 0; b < blocks; b++) {
      const column = table.map((row) => row[b]);
      expect(column[0]).toBe(steps);
      expect(column.at(-1)).toBe(0);
      const falls = column.slice(1).map((left, m) => column[m] - left);
      expect(falls.every((fall) => fall === 0 || fall === 1)).toBe(true);
      expect(falls.filter((fall) => fall === 1)).toHaveLength(steps);
      expect(column.indexOf(0)).toBe(steps + b * lag);
    }
    for (const row of table) {
      for (let b = 1; b < blocks; b++) {
        expect(row[b]).toBeGreaterThanOrEqual(row[b - 1]);
        expect(row[b] - row[b - 1]).toBeLessThanOrEqual(lag);
      }
      if (lag > 0)
        expect(row.filter((left) => left > 0 && left < steps).length).toBeLessThanOrEqual(Math.ceil(steps / lag));
    }
  });

  test("moves all blocks at once with lag 0, and one at a time with as many as steps", () => {
    const together = { steps: 6, lag: 0, blocks: 4 };
    for (let m = 0; m <= 6; m++) expect(new Set(timesAt(together, m)).size).toBe(1);
    const alone = { steps: 6, lag: 6, blocks: 4 };
    for (let m = 0; m <= callsOf(alone); m++)
      expect(timesAt(alone, m).filter((t) => t > 0 && t < 1).length).toBeLessThanOrEqual(1);
  });

  test("as a trapezoid is the same from both ends", () => {
    const schedule: Staircase = { steps: 6, lag: 2, blocks: 7, shape: "trapezoid" };
    for (let m = 0; m <= callsOf(schedule); m++) {
      const times = [...timesAt(schedule, m)];
      expect(times).toEqual([...times].reverse());
      expect(times[0]).toBeGreaterThanOrEqual(times[3]);
    }
    expect(callsOf(schedule)).toBe(12);
  });
});
