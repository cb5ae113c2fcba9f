import type { Random } from "../../../random/index.js";

/** Seconds between two knots of the noise. */
const STEP = 0.35;
/** Of each knot with the one before: the noise forgets within about half a second. */
const MEMORY = Math.exp(-STEP / 0.5);
/** The standard deviation of the spline through knots of deviation 1 is less; this makes it about 1 again. */
const GAIN = 1.25;

/** Smooth noise over time, of standard deviation about 1: a cubic B-spline over knots of an AR(1) process. */
export function smoothNoise(random: Random, seconds: number): (t: number) => number {
  const knots = new Float64Array(Math.ceil(Math.max(0, seconds) / STEP) + 5);
  knots.forEach((_, i) => {
    knots[i] = i === 0 ? random.normal() : MEMORY * knots[i - 1] + Math.sqrt(1 - MEMORY ** 2) * random.normal();
  });
  return (t) => {
    const place = Math.min(Math.max(t / STEP, 0), knots.length - 5);
    const i = Math.floor(place);
    const s = place - i;
    const r = 1 - s;
    const inner = (3 * s ** 3 - 6 * s * s + 4) * knots[i + 1] + (1 + 3 * s * (1 + s * r)) * knots[i + 2];
    return (GAIN / 6) * (r ** 3 * knots[i] + inner + s ** 3 * knots[i + 3]);
  };
}
