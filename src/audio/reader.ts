import { requireFinite } from "./finite.js";
import { MEL_BANDS, melEnergies } from "./mel.js";
import { ONSET_LOOK_AHEAD, OnsetPicker } from "./onsets.js";
import { SAMPLE_RATE, SOUND_FEATURES, SOUND_FPS, SOUND_PARTS, soundFrames } from "./parts.js";
import { PitchFinder, RunningMedian } from "./pitch.js";
import { SampleQueue } from "./samples.js";
import { BINS, HOP, hopCentre, PowerSpectrum, WINDOW } from "./spectrum.js";
import { LoudnessSpeech, TurnClock, writeSpeech } from "./speech.js";
import { centroid, flatness, tilt, zeroCrossings } from "./timbre.js";

/** Seconds of sound after a row's end that make the row certain. */
export const SOUND_LOOK_AHEAD = 0.041;

/** Pole of the filter that takes a constant out of the sound: it turns down what is below 13 Hz. */
const DC_POLE = 0.995;
/** What the filter leaves of a sound that has ended is silence from here on. */
const SILENCE = 1e-15;

const MEL_FLOOR = 1e-5;
const ENERGY_FLOOR = 1e-4;
/** How much of an onset is left a row later. */
const FADING = Math.exp(-1 / SOUND_FPS / 0.1);
/** Voiced rows that the median pitch is of: at least the last 10 seconds. */
const MEDIAN_ROWS = 10 * SOUND_FPS;

/** The first sample, and the first hop, that belong to a row or a later one. */
const firstSample = (row: number): number => Math.ceil((row * SAMPLE_RATE) / SOUND_FPS);
const firstHop = (row: number): number => Math.ceil((row * SAMPLE_RATE) / SOUND_FPS / HOP - 0.5);

/**
 * Features of a sound that arrives bit by bit. However it is cut into pieces, the rows are the same, bit for bit: each
 * follows from the sound up to `SOUND_LOOK_AHEAD` after its end.
 */
export class SoundFeatureReader {
  private readonly sound = new SampleQueue();
  private readonly spectrum = new PowerSpectrum();
  private readonly onsets = new OnsetPicker();
  private readonly pitches = new PitchFinder();
  private readonly median = new RunningMedian(MEDIAN_ROWS);
  private readonly speech = new LoudnessSpeech();
  private readonly clock = new TurnClock();

  /** Spectra and bands of the last hops, hop j at place j modulo their number. */
  private readonly spectra = Array.from({ length: ONSET_LOOK_AHEAD + 1 }, () => new Float64Array(BINS));
  private readonly energies = this.spectra.map(() => new Float64Array(MEL_BANDS));
  /** Sums over the hops of the row that is being made. */
  private readonly power = new Float64Array(BINS);
  private readonly mel = new Float64Array(MEL_BANDS);
  private strength = 0;
  private newOnsets = 0;

  private given = 0;
  private hops = 0;
  private rowsMade = 0;
  private rows = new Float32Array(64 * SOUND_FEATURES);
  private rowsKept = 0;
  private readonly row = new Float32Array(SOUND_FEATURES);
  private before: { sample: number; filtered: number } | null = null;
  private ended = false;

  constructor() {
    this.sound.grow(WINDOW).fill(0); // silence before the beginning
    this.sound.start = -WINDOW;
  }

  /** Takes the next samples, any number of them. @throws where one is not finite; then none is taken. */
  push(samples: Float32Array): void {
    if (this.ended) throw new Error("The sound has ended; make a new SoundFeatureReader for another one.");
    requireFinite(samples, this.given);
    const most = 1 << 14; // a long sound passes through in pieces
    for (let at = 0; at < samples.length; at += most) {
      this.filter(samples.subarray(at, at + most));
      this.readHops();
    }
  }

  /** Rows [n, 40] that have become certain since the last call. */
  pull(): Float32Array {
    const rows = this.rows.slice(0, this.rowsKept * SOUND_FEATURES);
    this.rowsKept = 0;
    return rows;
  }

  /** The sound has ended: all rows [n, 40] that are left. What follows the end counts as silence. */
  end(): Float32Array {
    if (!this.ended) {
      this.ended = true;
      const most = soundFrames(this.given);
      const missing = hopCentre(firstHop(most) - 1 + ONSET_LOOK_AHEAD) + WINDOW / 2 - this.given;
      if (missing > 0) this.sound.grow(missing).fill(0);
      this.readHops(most);
    }
    return this.pull();
  }

  /** Takes the mean out of the samples, as it is so far, and queues them. */
  private filter(samples: Float32Array): void {
    const room = this.sound.grow(samples.length);
    this.before ??= { sample: samples[0], filtered: 0 };
    let { sample, filtered } = this.before;
    for (let i = 0; i < samples.length; i++) {
      filtered = samples[i] - sample + DC_POLE * filtered;
      if (Math.abs(filtered) < SILENCE) filtered = 0;
      sample = samples[i];
      room[i] = filtered;
    }
    this.before = { sample, filtered };
    this.given += samples.length;
  }

  private readHops(mostRows = Number.POSITIVE_INFINITY): void {
    const { sound } = this;
    while (this.rowsMade < mostRows && hopCentre(this.hops) + WINDOW / 2 <= sound.end) {
      const place = this.hops % this.spectra.length;
      this.spectrum.compute(sound.data, sound.place(hopCentre(this.hops) - WINDOW / 2), this.spectra[place]);
      melEnergies(this.spectra[place], this.energies[place]);
      this.onsets.push(this.energies[place]);
      this.addHop(this.hops - ONSET_LOOK_AHEAD);
      this.hops++;
    }
    sound.dropBefore(Math.min(firstSample(this.rowsMade) - 1, hopCentre(this.hops)) - WINDOW / 2);
  }

  /** Adds a hop of which everything is known to its row, and finishes the row with its last hop. */
  private addHop(hop: number): void {
    if (hop < 0) return;
    const place = hop % this.spectra.length;
    for (let bin = 0; bin < BINS; bin++) this.power[bin] += this.spectra[place][bin];
    for (let band = 0; band < MEL_BANDS; band++) this.mel[band] += this.energies[place][band];
    this.strength += this.onsets.strength;
    if (this.onsets.isOnset) this.newOnsets++;
    if (hop + 1 === firstHop(this.rowsMade + 1)) this.finishRow(hop + 1 - firstHop(this.rowsMade));
  }

  private finishRow(hops: number): void {
    const { row, power, mel, sound } = this;
    const [from, to] = [firstSample(this.rowsMade), firstSample(this.rowsMade + 1)];
    for (let bin = 0; bin < BINS; bin++) power[bin] /= hops;
    for (let band = 0; band < MEL_BANDS; band++) row[band] = Math.log(Math.max(mel[band] / hops, MEL_FLOOR));
    const meanSquare = this.writeEnergy(sound.place(from), sound.place(to));
    row[SOUND_PARTS.onsetStrength[0]] = this.strength / hops;
    row[SOUND_PARTS.onset[0]] = row[SOUND_PARTS.onset[0]] * FADING + this.newOnsets;
    this.writePitch(this.pitches.find(sound.data, sound.place((from + to) >> 1) - WINDOW / 2));
    writeSpeech(row, 0, this.speech.push(meanSquare), this.clock);
    row[SOUND_PARTS.centroid[0]] = centroid(power);
    row[SOUND_PARTS.flatness[0]] = flatness(power);
    row[SOUND_PARTS.zeroCrossings[0]] = zeroCrossings(sound.data, sound.place(from), sound.place(to));
    row[SOUND_PARTS.tilt[0]] = tilt(row);
    this.keepRow();
    power.fill(0);
    mel.fill(0);
    this.strength = 0;
    this.newOnsets = 0;
  }

  private writeEnergy(from: number, to: number): number {
    const { row, sound } = this;
    let sum = 0;
    for (let i = from; i < to; i++) sum += sound.data[i] ** 2;
    const meanSquare = sum / (to - from);
    const energy = Math.fround(Math.log(Math.sqrt(meanSquare) + ENERGY_FLOOR));
    row[SOUND_PARTS.energyChange[0]] = this.rowsMade === 0 ? 0 : energy - row[SOUND_PARTS.energy[0]];
    row[SOUND_PARTS.energy[0]] = energy;
    return meanSquare;
  }

  private writePitch(hertz: number): void {
    const { row } = this;
    const before = row[SOUND_PARTS.pitch[0]];
    row[SOUND_PARTS.voiced[0]] = hertz > 0 ? 1 : 0;
    if (hertz > 0) row[SOUND_PARTS.pitch[0]] = Math.log2(hertz / this.median.push(hertz));
    row[SOUND_PARTS.pitchChange[0]] = row[SOUND_PARTS.pitch[0]] - before;
  }

  private keepRow(): void {
    const at = this.rowsKept * SOUND_FEATURES;
    if (at === this.rows.length) {
      const more = new Float32Array(2 * at);
      more.set(this.rows);
      this.rows = more;
    }
    this.rows.set(this.row, at);
    this.rowsKept++;
    this.rowsMade++;
  }
}

/** Features [T, 40] of a whole sound at 30 Hz; T = floor(seconds · 30 + 1e-6). @throws where a sample is not finite. */
export function soundFeatures(samples: Float32Array): Float32Array {
  const reader = new SoundFeatureReader();
  reader.push(samples);
  return reader.end();
}
