/** Samples a second of everything in this room. A sound is mono, a Float32Array in [−1, 1]. */
export const SAMPLE_RATE = 16000;

/** Rows of features a second. */
export const SOUND_FPS = 30;

/** Numbers in a row of features. */
export const SOUND_FEATURES = 40;

/** Where the parts of a row stand: [from, to). */
export const SOUND_PARTS = {
  /** 26 mel bands of 60…7600 Hz: ln(max(energy, 1e-5)). */
  mel: [0, 26],
  /** ln(rms + 1e-4). */
  energy: [26, 27],
  /** How much the energy has grown since the row before. */
  energyChange: [27, 28],
  /** How fast the mel bands grow, averaged over them; ≥ 0. */
  onsetStrength: [28, 29],
  /** 1 more in the row of an onset, fading as exp(−t / 0.1 s). */
  onset: [29, 30],
  /** 1 where the voice has a pitch, else 0. */
  voiced: [30, 31],
  /** Octaves above the speaker's own median pitch so far; held where there is no pitch. */
  pitch: [31, 32],
  /** How much the pitch has risen since the row before. */
  pitchChange: [32, 33],
  /** Probability of speech, 0…1. */
  speech: [33, 34],
  /** Since when this person has been speaking: min(seconds, 4) / 4; 0 in silence. */
  turnAge: [34, 35],
  /** Since when this person has been silent: min(seconds, 4) / 4; 0 in speech. */
  silenceAge: [35, 36],
  /** Centre of the magnitude spectrum in kHz. */
  centroid: [36, 37],
  /** Geometric over arithmetic mean of the power spectrum, 0 (a tone) … 1 (noise). */
  flatness: [37, 38],
  /** Sign changes per sample, 0…1. */
  zeroCrossings: [38, 39],
  /** Slope of the mel bands from the first to the last, in their unit; negative: dark. */
  tilt: [39, 40],
} as const satisfies Record<string, readonly [from: number, to: number]>;

/** Rows of features that a number of samples has: the whole thirtieths of a second. */
export const soundFrames = (samples: number): number => Math.floor((samples / SAMPLE_RATE) * SOUND_FPS + 1e-6);
