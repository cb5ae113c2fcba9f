import { readFileSync } from "node:fs";
import { type Features, features, type RandomSource } from "../../src/metrics/index.js";

export const golden = JSON.parse(readFileSync(new URL("../goldens/metrics/metrics.json", import.meta.url), "utf8"));

export const goldenFeatures = (name: "samples" | "reference"): Features =>
  features(Float32Array.from(golden[name]), golden.dim);

export const goldenPoints = (name: "points" | "others"): Features => features(Float32Array.from(golden[name]), 2);

/** Standard normal vectors, shifted and scaled. */
export function normalFeatures(random: RandomSource, count: number, dim: number, shift = 0, scale = 1): Features {
  return features(
    Float32Array.from({ length: count * dim }, () => shift + scale * random.normal()),
    dim,
  );
}

/** Largest |a - b|. */
export function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}
