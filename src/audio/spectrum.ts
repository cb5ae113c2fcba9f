import FFT from "fft.js";

/** Samples that a spectrum looks at, and those from one spectrum to the next: 64 ms and 10 ms. */
export const WINDOW = 1024;
export const HOP = 160;
export const BINS = WINDOW / 2 + 1;

/** The middle of a hop as a sample: hop j stands at (j + ½) · 10 ms, so that the hops of a row lie evenly in it. */
export const hopCentre = (hop: number): number => hop * HOP + HOP / 2;

/** Power spectra |X|² of Hann windows (periodic, not normalised). */
export class PowerSpectrum {
  private readonly fft = new FFT(WINDOW);
  private readonly hann = Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
  );
  private readonly windowed = new Float64Array(WINDOW);
  private readonly complex = new Float64Array(2 * WINDOW);

  /** Writes the spectrum [513] of `WINDOW` samples from `at` on into `power`. */
  compute(samples: Float32Array, at: number, power: Float64Array): void {
    const { hann, windowed, complex } = this;
    if (isSilent(samples, at)) {
      power.fill(0);
      return;
    }
    for (let i = 0; i < WINDOW; i++) windowed[i] = samples[at + i] * hann[i];
    this.fft.realTransform(complex, windowed);
    for (let i = 0; i < BINS; i++) power[i] = complex[2 * i] ** 2 + complex[2 * i + 1] ** 2;
  }
}

/** Whether a window is of zeros: of two people who speak in turn, much is. */
function isSilent(samples: Float32Array, at: number): boolean {
  for (let i = at; i < at + WINDOW; i++) if (samples[i] !== 0) return false;
  return true;
}
