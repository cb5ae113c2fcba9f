import { MEL_BANDS } from "./mel.js";

/** How loud a band must be for its growth to count: growth is that of ln(1 + 10 E), nothing where nobody is heard. */
const GAIN = 10;

/** A peak is the highest of so many hops (10 ms) before and after… */
const AROUND = 3;
/** …and stands so far above the mean from so many hops before to `AROUND` after. */
const [BEFORE, ABOVE] = [10, 0.12];

/** The first spectra reach before the sound's beginning, so that whatever it begins with seems to grow. */
const BEGINNING = 3;

/**
 * Hops from the growth of a spectrum to the moment that it belongs to: a window of 64 ms sees a sound begin when it
 * has reached it, about 20 ms before the sound is at its centre.
 */
export const ONSET_LAG = 2;

/** Hops after an onset that must be known. */
export const ONSET_LOOK_AHEAD = AROUND - ONSET_LAG;

/**
 * Finds where sounds begin: peaks of the spectral flux, which is how much the mel bands grow in 10 ms, averaged over
 * them. It looks back 100 ms and ahead no more than it must.
 */
export class OnsetPicker {
  private readonly bands = new Float64Array(MEL_BANDS);
  /** Flux of the last hops, the newest last. */
  private readonly recent = new Float64Array(BEFORE + 1 + AROUND);
  private hops = 0;

  /** Whether there is an onset at the hop that `ONSET_LOOK_AHEAD` stands before the last one, and the flux there. */
  isOnset = false;
  strength = 0;

  /** Takes the mel energies [26] of the next hop. */
  push(energies: Float64Array): void {
    const { bands, recent } = this;
    let growth = 0;
    for (let band = 0; band < MEL_BANDS; band++) {
      const now = Math.log(1 + GAIN * energies[band]);
      if (now > bands[band]) growth += now - bands[band];
      bands[band] = now;
    }
    recent.copyWithin(0, 1);
    recent[recent.length - 1] = this.hops++ < BEGINNING ? 0 : growth / MEL_BANDS;
    this.strength = recent[BEFORE];
    this.isOnset = this.isPeak();
  }

  private isPeak(): boolean {
    const { recent } = this;
    const here = recent[BEFORE];
    for (let i = 1; i <= AROUND; i++) if (recent[BEFORE - i] >= here || recent[BEFORE + i] > here) return false;
    let sum = 0;
    for (let i = 0; i < recent.length; i++) sum += recent[i];
    return here > sum / recent.length + ABOVE;
  }
}
