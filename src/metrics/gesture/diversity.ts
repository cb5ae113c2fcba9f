import { type Features, type RandomSource, sampleRows } from "../features.js";
import { mean } from "../quantile.js";
import { framesIn, framesOf, type Rows, velocitiesOf } from "./rows.js";

/** Pairs of frames of which the distances are averaged; fewer where there are fewer frames. */
const PAIRS = 10_000;

/** Mean |xᵢ − xⱼ| over pairs of rows, from two draws without repeats. */
function meanDistance(set: Features, random: RandomSource): number {
  const pairs = Math.min(PAIRS, set.count);
  const [a, b] = [sampleRows(set, pairs, random), sampleRows(set, pairs, random)];
  let sum = 0;
  for (let i = 0; i < pairs; i++) {
    let squares = 0;
    for (let j = 0; j < set.dim; j++) squares += (a.data[i * set.dim + j] - b.data[i * set.dim + j]) ** 2;
    sum += Math.sqrt(squares);
  }
  return sum / pairs;
}

/** Static diversity: mean |xᵢ − xⱼ| over 10,000 pairs of frames of all clips, in the numbers' unit. */
export const staticDiversity = (clips: readonly Rows[], dim: number, random: RandomSource): number =>
  meanDistance(framesOf(clips, dim), random);

/** Kinetic diversity by pairs: mean |vᵢ − vⱼ| of velocities, in the numbers' unit a second. */
export const kineticDiversity = (
  clips: readonly Rows[],
  { dim, fps, random }: { dim: number; fps: number; random: RandomSource },
): number => meanDistance(velocitiesOf(clips, dim, fps), random);

/** Kinetic diversity as Audio2Photoreal has it: each number's variance over a clip's frames, averaged over numbers and clips; unit². */
export const temporalVariance = (clips: readonly Rows[], dim: number): number =>
  mean(
    clips.map((clip) => {
      const frames = framesIn(clip, dim);
      let sum = 0;
      for (let j = 0; j < dim; j++) {
        let [total, squares] = [0, 0];
        for (let t = 0; t < frames; t++) total += clip[t * dim + j];
        for (let t = 0; t < frames; t++) squares += (clip[t * dim + j] - total / frames) ** 2;
        sum += squares / frames;
      }
      return sum / dim;
    }),
  );

/** L1div of BEAT: Σₜ |xₜ − x̄|₁ / T of each clip about its own mean pose, averaged over clips; in the numbers' unit. */
export const l1Diversity = (clips: readonly Rows[], dim: number): number =>
  mean(
    clips.map((clip) => {
      const frames = framesIn(clip, dim);
      let sum = 0;
      for (let j = 0; j < dim; j++) {
        let total = 0;
        for (let t = 0; t < frames; t++) total += clip[t * dim + j];
        for (let t = 0; t < frames; t++) sum += Math.abs(clip[t * dim + j] - total / frames);
      }
      return sum / frames;
    }),
  );
