import { SAMPLE_RATE } from "./parts.js";
import { BINS, WINDOW } from "./spectrum.js";

export const MEL_BANDS = 26;
const [LOWEST, HIGHEST] = [60, 7600];

const toMel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const fromMel = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** A triangle of weights over the bins from `first` on. */
interface Band {
  first: number;
  weights: Float64Array;
}

/** 26 triangles on HTK's mel scale over 60…7600 Hz, each 1 at its peak (not normalised to equal areas). */
const bands: readonly Band[] = Array.from({ length: MEL_BANDS }, (_, band) => {
  const [low, high] = [toMel(LOWEST), toMel(HIGHEST)];
  const edge = (i: number) => fromMel(low + ((high - low) * i) / (MEL_BANDS + 1));
  const [from, peak, to] = [edge(band), edge(band + 1), edge(band + 2)];
  const all = Array.from({ length: BINS }, (_, bin) => {
    const hertz = (bin * SAMPLE_RATE) / WINDOW;
    return Math.max(0, Math.min((hertz - from) / (peak - from), (to - hertz) / (to - peak)));
  });
  const first = all.findIndex((weight) => weight > 0);
  return { first, weights: Float64Array.from(all.slice(first, all.findLastIndex((weight) => weight > 0) + 1)) };
});

/** Writes the energy of each mel band of a power spectrum into `energies` [26]. */
export function melEnergies(power: Float64Array, energies: Float64Array): void {
  for (let band = 0; band < MEL_BANDS; band++) {
    const { first, weights } = bands[band];
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] * power[first + i];
    energies[band] = sum;
  }
}
