import { commonGain } from "./notes.js";
import { soundFeatures } from "./reader.js";

/**
 * Features [T, 40] of each of two people who speak with each other, after one common gain has brought the louder of them
 * to a peak of 1.
 * @throws where the sounds differ in length or a sample is not finite.
 */
export function dialogueFeatures(
  sounds: readonly [Float32Array, Float32Array],
): [features: Float32Array, features: Float32Array] {
  const [a, b] = sounds;
  if (a.length !== b.length)
    throw new Error(`Two voices of one conversation are of one length, got ${a.length} and ${b.length} samples.`);
  const gain = commonGain(a, b);
  return [soundFeatures(a.map((sample) => sample * gain)), soundFeatures(b.map((sample) => sample * gain))];
}
