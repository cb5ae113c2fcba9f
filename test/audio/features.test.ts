import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  SAMPLE_RATE,
  SOUND_FEATURES,
  SOUND_FPS,
  SOUND_LOOK_AHEAD,
  SOUND_PARTS,
  SoundFeatureReader,
  soundFeatures,
  soundFrames,
} from "../../src/audio/index.js";
import { BINS, PowerSpectrum, WINDOW } from "../../src/audio/spectrum.js";
import { readSoundFile } from "../../src/io/sound-read.js";
import golden from "../goldens/audio/audio.json" with { type: "json" };

type Part = keyof typeof SOUND_PARTS;

/** A part of the rows, one row after the other. */
const column = (rows: Float32Array, part: Part): number[] => {
  const [from, to] = SOUND_PARTS[part];
  return Array.from({ length: rows.length / SOUND_FEATURES }, (_, k) => [
    ...rows.subarray(k * SOUND_FEATURES + from, k * SOUND_FEATURES + to),
  ]).flat();
};
const peak = (values: readonly number[]) => values.indexOf(Math.max(...values));
const sound = (seconds: number, at: (t: number) => number) =>
  Float32Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, i) => at(i / SAMPLE_RATE));
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
const farthest = (a: readonly number[], b: readonly number[]) => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
};

let speech: Float32Array;
let features: Float32Array;
beforeAll(async () => {
  [speech] = (await readSoundFile(join(import.meta.dirname, "../goldens/audio/speech.flac"))).channels;
  features = soundFeatures(speech);
});

test("the parts of a row lie one behind the other and are 40 numbers", () => {
  let at = 0;
  for (const [from, to] of Object.values(SOUND_PARTS)) {
    expect(from).toBe(at);
    at = to;
  }
  expect(at).toBe(SOUND_FEATURES);
});

describe("on real speech, as librosa and NumPy have it", () => {
  test.each([
    ["mel", 2e-3],
    ["energy", 1e-3],
    ["zeroCrossings", 1e-6],
    ["centroid", 5e-3],
    ["flatness", 1e-3],
    ["tilt", 5e-3],
  ] as const)("%s", (part, tolerance) => {
    expect(column(features, part).length).toBe(golden.speech.rows * (part === "mel" ? 26 : 1));
    expect(farthest(column(features, part), golden.speech[part])).toBeLessThan(tolerance);
  });

  test("differences are those of the rows", () => {
    const energy = golden.speech.energy;
    const steps = energy.map((value, i) => (i === 0 ? 0 : value - energy[i - 1]));
    expect(farthest(column(features, "energyChange"), steps)).toBeLessThan(2e-3);
  });

  test("pitch agrees with the probabilistic YIN wherever both hear one", () => {
    const [voiced, pitch] = [column(features, "voiced"), column(features, "pitch")];
    const rows = golden.speech.pitch.flatMap((hertz, k) => (hertz > 0 && voiced[k] === 1 ? [k] : []));
    // librosa calls much of the background between words voiced, and this reader does not
    expect(rows.length / voiced.filter((v) => v === 1).length).toBeGreaterThan(0.8);
    expect(rows.length / golden.speech.pitch.filter((hertz) => hertz > 0).length).toBeGreaterThan(0.6);
    expect(rows.length).toBeGreaterThan(50);
    // a voiced row's own pitch, times the running median, is what librosa gives: the median's own course is compared
    const heard: number[] = [];
    const errors = golden.speech.pitch.flatMap((hertz, k) => {
      if (voiced[k] !== 1) return [];
      heard.push(hertz > 0 ? hertz : Number.NaN);
      const sorted = heard.filter((h) => h > 0).toSorted((a, b) => a - b);
      const middle = sorted.length >> 1;
      const half = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
      return hertz > 0 && heard.length > 30 ? [Math.abs(pitch[k] - Math.log2(hertz / half))] : [];
    });
    expect(median(errors)).toBeLessThan(0.03);
    expect(errors.filter((error) => error < 0.15).length / errors.length).toBeGreaterThan(0.9);
  });

  test("most onsets are where librosa finds some", () => {
    const onset = column(features, "onset");
    const times = onset.flatMap((value, k) =>
      value >= 1 && (k === 0 || value > onset[k - 1]) ? [(k + 0.5) / 30] : [],
    );
    const near = (a: readonly number[], b: readonly number[]) =>
      a.filter((t) => b.some((other) => Math.abs(t - other) <= 0.07)).length / a.length;
    expect(near(golden.speech.onsets, times)).toBeGreaterThan(0.7);
    expect(near(times, golden.speech.onsets)).toBeGreaterThan(0.7);
  });

  test("somebody speaks in it", () => {
    expect(Math.max(...column(features, "turnAge"))).toBeGreaterThan(0.9);
  });
});

describe("timing", () => {
  test("a click at 1.000 s is an onset in row 30, and the other track stays silent", () => {
    const click = new Float32Array(2 * SAMPLE_RATE);
    click[SAMPLE_RATE] = 0.5;
    const rows = soundFeatures(click);
    expect(Math.abs(peak(column(rows, "onsetStrength")) - 30)).toBeLessThanOrEqual(1);
    expect(peak(column(rows, "onset"))).toBe(30);
    expect(peak(column(rows, "energy"))).toBe(30);
    const other = soundFeatures(new Float32Array(2 * SAMPLE_RATE));
    expect(new Set(column(other, "energy"))).toEqual(new Set([Math.fround(Math.log(1e-4))]));
    for (const part of ["energyChange", "onsetStrength", "onset", "voiced", "pitch", "turnAge"] as const)
      expect(new Set(column(other, part))).toEqual(new Set([0]));
  });

  test("clicks at any place of a row are heard once each, without lead or lag", () => {
    const clicks = Array.from({ length: 20 }, (_, i) => Math.round((0.5 + i * 0.217) * SAMPLE_RATE));
    const train = new Float32Array(5 * SAMPLE_RATE);
    for (const at of clicks) train[at] = 0.5;
    const onset = column(soundFeatures(train), "onset");
    const heard = onset.flatMap((value, k) => (k > 0 && value > onset[k - 1] ? [k] : []));
    const off = clicks.map((at, i) => heard[i] + 0.5 - (at / SAMPLE_RATE) * SOUND_FPS);
    expect(heard.length).toBe(clicks.length);
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(1);
    expect(Math.abs(off.reduce((a, b) => a + b) / off.length)).toBeLessThan(0.25);
  });

  test("an onset fades as exp(−t / 0.1 s)", () => {
    const click = new Float32Array(SAMPLE_RATE);
    click[8000] = 0.5;
    const onset = column(soundFeatures(click), "onset");
    const at = onset.findIndex((value) => value > 0);
    expect(onset[at]).toBe(1);
    expect(onset[at + 3]).toBeCloseTo(Math.exp(-1), 5);
  });

  test.each([0, 1, 533, 534, 1599, 1600, 1601, 16000])("%i samples have the rows that lie in them", (samples) => {
    expect(soundFeatures(new Float32Array(samples)).length).toBe(soundFrames(samples) * SOUND_FEATURES);
    expect(soundFrames(samples)).toBe(Math.floor((samples * 30) / 16000 + 1e-6));
  });
});

describe("pitch", () => {
  test.each([70, 110, 180, 251.3, 390])("a voice that glides up from %d Hz by less than half an octave", (low) => {
    const rate = Math.log(Math.min(1.4, 399 / low)) / 3; // of the exponential rise
    const rows = soundFeatures(sound(3, (t) => 0.2 * sawtooth((low * (Math.exp(rate * t) - 1)) / rate)));
    const [voiced, pitch] = [column(rows, "voiced"), column(rows, "pitch")];
    expect(voiced.slice(2, -2).every((v) => v === 1)).toBe(true);
    // the running median of a steady rise lags at half of what has been heard
    for (let k = 30; k < 85; k++) expect(pitch[k]).toBeCloseTo((rate / Math.LN2) * (k / 2 / 30), 1.6);
  });

  test("is held where the voice pauses, and compared with the speaker's own median", () => {
    const rows = soundFeatures(sound(3, (t) => (t < 1 ? tone(t, 150) : t < 2 ? 0 : tone(t, 300))));
    const [voiced, pitch] = [column(rows, "voiced"), column(rows, "pitch")];
    expect(voiced.slice(35, 55)).toEqual(new Array(20).fill(0));
    expect(pitch.slice(35, 55)).toEqual(new Array(20).fill(pitch[35]));
    expect(pitch[63]).toBeCloseTo(1, 2);
    expect(column(rows, "pitchChange").reduce((a, b) => a + b)).toBeCloseTo(pitch.at(-1)!, 4);
  });

  test("noise and silence have none", () => {
    const noise = sound(1, (t) => 0.3 * Math.sin(1e9 * t * t)); // chaotic
    expect(Math.max(...column(soundFeatures(noise), "voiced"))).toBe(0);
  });
});

const sawtooth = (turns: number) => 2 * (turns - Math.floor(turns)) - 1;
const tone = (t: number, hertz: number) =>
  0.3 * Math.sin(2 * Math.PI * hertz * t) + 0.1 * Math.sin(4 * Math.PI * hertz * t);

describe("streaming", () => {
  test("gives the same bits, however the sound is cut", () => {
    for (const piece of [1, 160, 777, 16001]) {
      const reader = new SoundFeatureReader();
      const parts: Float32Array[] = [];
      const part = speech.subarray(0, piece === 1 ? 20000 : 60000);
      for (let at = 0; at < part.length; at += piece) {
        reader.push(part.subarray(at, at + piece));
        if (at % 3 === 0) parts.push(reader.pull());
      }
      parts.push(reader.end());
      expect(Buffer.concat(parts.map((p) => Buffer.from(p.buffer)))).toEqual(Buffer.from(soundFeatures(part).buffer));
    }
  });

  test("a row is certain as soon as the look-ahead is there, and no sound later changes it", () => {
    const reader = new SoundFeatureReader();
    const have: number[] = [];
    let rows = 0;
    for (let at = 0; at < 32000; at++) {
      reader.push(speech.subarray(at, at + 1));
      const more = reader.pull().length / SOUND_FEATURES;
      for (let k = 0; k < more; k++) have.push((at + 1) / SAMPLE_RATE - (rows + k + 1) / SOUND_FPS);
      rows += more;
    }
    expect(Math.max(...have)).toBeLessThanOrEqual(SOUND_LOOK_AHEAD);
    expect(Math.max(...have)).toBeGreaterThan(SOUND_LOOK_AHEAD - 0.001);
  });

  test("nothing can be pushed behind the end, and the end comes once", () => {
    const reader = new SoundFeatureReader();
    reader.push(new Float32Array(1600));
    expect(reader.end().length).toBe(3 * SOUND_FEATURES);
    expect(reader.end().length).toBe(0);
    expect(() => reader.push(new Float32Array(1))).toThrow("The sound has ended");
  });

  test("a sample that is no number is named, and nothing of its piece is taken", () => {
    const reader = new SoundFeatureReader();
    reader.push(new Float32Array(16000));
    const broken = new Float32Array(16000);
    broken[800] = Number.NaN;
    expect(() => reader.push(broken)).toThrow("The sound is broken at 1.050 s: sample 16800 is NaN.");
    expect(reader.end().length).toBe(30 * SOUND_FEATURES);
  });
});

test("a constant in the sound makes no difference once it has been taken out", () => {
  const shifted = soundFeatures(speech.map((sample) => sample + 0.1));
  expect(farthest(column(shifted, "mel").slice(26), column(features, "mel").slice(26))).toBeLessThan(0.02);
  expect(farthest(column(shifted, "zeroCrossings"), column(features, "zeroCrossings"))).toBeLessThan(0.05);
});

test("a spectrum of silence is 0, whatever stood in its place", () => {
  const samples = new Float32Array(2 * WINDOW);
  samples[WINDOW] = 1e-6;
  const power = new Float64Array(BINS).fill(3);
  new PowerSpectrum().compute(samples, 0, power);
  expect(power.every((value) => value === 0)).toBe(true);
  new PowerSpectrum().compute(samples, 1, power);
  expect(power.every((value) => value > 0)).toBe(true);
});
