import type { Random } from "fewstep/core";
import { type ToyName, toy, toys } from "fewstep/training";

/** What points are learnt from: a toy by name, or points that a person drew, [n, 2] in about [−1, 1]². */
export type PointsSource = { toy: ToyName } | { points: Float32Array };

export const toyNames = Object.keys(toys) as ToyName[];

/** Deviation of what is added to drawn points, so that they are a density and not a list. */
export const DRAWN_NOISE = 0.03;

/** Draws `count` points in the plane, [count, 2]. */
export type Draw = (random: Random, count: number) => Float32Array;

/** @throws where there is no such toy, or the points are none. */
export function pointsOf(source: PointsSource): Draw {
  if ("toy" in source) return toy(source.toy);
  const { points } = source;
  const bad = points.findIndex((value) => !(Math.abs(value) <= 2));
  if (bad >= 0) throw new Error(`Points lie in [−2, 2]², got ${points[bad]} in point ${bad >> 1}.`);
  const drawn = points.length / 2;
  if (!(Number.isInteger(drawn) && drawn >= 2)) throw new Error(`Draw at least 2 points, got ${drawn}.`);
  return (random, count) => {
    const out = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = 2 * random.integer(drawn);
      for (let axis = 0; axis < 2; axis++) out[2 * i + axis] = points[at + axis] + DRAWN_NOISE * random.normal();
    }
    return out;
  };
}
