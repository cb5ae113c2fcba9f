import { MEL_BANDS } from "./mel.js";
import { SAMPLE_RATE } from "./parts.js";
import { BINS, WINDOW } from "./spectrum.js";

/** Power that every bin has at least, so that silence is white noise, as far as its colour goes. */
const FLOOR = 1e-8;

/** Centre of the magnitudes of a power spectrum, in kHz. */
export function centroid(power: Float64Array): number {
  let [sum, weighted] = [0, 0];
  for (let bin = 0; bin < BINS; bin++) {
    const magnitude = Math.sqrt(power[bin] + FLOOR);
    sum += magnitude;
    weighted += magnitude * bin;
  }
  return ((weighted / sum) * SAMPLE_RATE) / WINDOW / 1000;
}

/** Geometric over arithmetic mean of a power spectrum. */
export function flatness(power: Float64Array): number {
  let [sum, logs] = [0, 0];
  for (let bin = 0; bin < BINS; bin++) {
    sum += power[bin] + FLOOR;
    logs += Math.log(power[bin] + FLOOR);
  }
  return Math.exp(logs / BINS) / (sum / BINS);
}

/** Sign changes per sample of the samples [from, to), counting the one into the first where there is one before it. */
export function zeroCrossings(samples: Float32Array, from: number, to: number): number {
  let changes = 0;
  for (let i = Math.max(1, from); i < to; i++) if (samples[i] < 0 !== samples[i - 1] < 0) changes++;
  return changes / (to - from);
}

/** Least-squares slope of the values of the mel bands, from the first band to the last. */
export function tilt(bands: Float32Array): number {
  const middle = (MEL_BANDS - 1) / 2;
  let [covariance, variance] = [0, 0];
  for (let band = 0; band < MEL_BANDS; band++) {
    covariance += (band - middle) * bands[band];
    variance += (band - middle) ** 2;
  }
  return (covariance / variance) * (MEL_BANDS - 1);
}
