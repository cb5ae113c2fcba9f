import { SAMPLE_RATE } from "./parts.js";

/** @throws where one of the samples, the first of which has the number `first`, is not finite. */
export function requireFinite(samples: Float32Array, first = 0, rate = SAMPLE_RATE, name = "The sound"): void {
  for (let i = 0; i < samples.length; i++)
    if (!Number.isFinite(samples[i]))
      throw new Error(
        `${name} is broken at ${((first + i) / rate).toFixed(3)} s: sample ${first + i} is ${samples[i]}. ` +
          "Write it again from its source, or cut the place out.",
      );
}
