import { expect, test } from "vitest";
import { accuracy, bootstrapMean } from "../../src/metrics/index.js";
import { nearestAngle, uniformity } from "../../src/metrics/uniformity.js";
import { Random } from "../../src/random/index.js";

const random = new Random(1);

test.each([
  [
    "a NaN among logits",
    () => accuracy({ logits: Float32Array.of(1, 2, Number.NaN, 1), labels: [1, 0] }),
    /sample 1 is NaN/,
  ],
  ["an interval of nothing", () => bootstrapMean([], { random }), /nothing to resample/],
  ["an interval around NaN", () => bootstrapMean([1, Number.NaN], { random }), /finite estimate, not NaN/],
  ["an angle to nothing", () => nearestAngle([1, 0], [], 2), /no whole, positive number of latents/],
  ["an angle to zero", () => nearestAngle([1, 0], [0, 0], 2), /not zero/],
  ["a latent of NaN", () => uniformity([1, 0, Number.NaN, 0], 2), /Latent 1 is no point of a sphere/],
  ["a latent of zeros", () => uniformity([0, 0, 1, 0], 2), /Latent 0 is no point of a sphere: its squared length is 0/],
])("%s is refused", (_, measure, message) => {
  expect(measure).toThrow(message);
});

test("what is measured otherwise is as before", () => {
  expect(accuracy({ logits: Float32Array.of(1, 2, -Infinity, 1), labels: [1, 0] })).toBe(0.5);
  expect(nearestAngle([1, 0], [0, 1, -1, 0], 2)).toBeCloseTo(90, 10);
});
