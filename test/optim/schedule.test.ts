import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as optim from "../../src/optim/index.js";

const { schedules } = JSON.parse(readFileSync(new URL("../goldens/nn/optimizers.json", import.meta.url), "utf8"));

function expectRates(schedule: optim.Schedule, rates: number[]) {
  rates.forEach((rate, step) => {
    expect(schedule(step), `step ${step}`).toBeCloseTo(rate, 12);
  });
}

test("warm-up and cosine follow torch's schedulers, and stay at the floor", () => {
  const cosine = optim.cosine({ peak: 0.1, warmup: 4, steps: 20, floor: 0.01 });
  expectRates(cosine, schedules.cosine);
  expect(cosine(20)).toBeCloseTo(0.01, 15);
  expect(cosine(1000)).toBeCloseTo(0.01, 15);
});

test("trapezoid follows torch's schedulers", () => {
  expectRates(optim.trapezoid({ peak: 0.1, warmup: 4, decayFrom: 10, steps: 18, floor: 0.02 }), schedules.trapezoid);
});

test("warmup rises and stays; constant is constant", () => {
  const warmup = optim.warmup({ peak: 1, steps: 4 });
  expect([0, 1, 2, 3, 4, 99].map(warmup)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  expect(optim.warmup({ peak: 2, steps: 0 })(0)).toBe(2);
  expect(optim.constant(0.3)(7)).toBe(0.3);
});

test("impossible schedules are refused", () => {
  expect(() => optim.cosine({ peak: 1, steps: 5, warmup: 5 })).toThrow("steps (5) must be larger than warmup (5)");
  expect(() => optim.trapezoid({ peak: 1, steps: 5, warmup: 1, decayFrom: 6 })).toThrow("got 1, 6, 5");
  expect(() => optim.warmup({ peak: Number.NaN, steps: 5 })).toThrow("peak");
});
