import { expect, test } from "vitest";
import { RunningMedian } from "../../src/audio/pitch.js";
import { Random } from "../../src/random/index.js";

test("the median is that of the last values, equal ones among them", () => {
  const random = new Random(1);
  const values = Array.from({ length: 200 }, () => random.integer(20));
  const median = new RunningMedian(7);
  values.forEach((value, i) => {
    const last = values.slice(Math.max(0, i - 6), i + 1).toSorted((a, b) => a - b);
    const middle = last.length >> 1;
    expect(median.push(value)).toBe(last.length % 2 ? last[middle] : (last[middle - 1] + last[middle]) / 2);
  });
});
