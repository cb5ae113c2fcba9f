import { expect, test } from "vitest";
import { commonGain, dialogueFeatures, SOUND_FEATURES, SOUND_PARTS, soundNotes } from "../../src/audio/index.js";

const wave = (level: number, mean = 0) =>
  Float32Array.from({ length: 16000 }, (_, i) => mean + level * Math.sin((2 * Math.PI * 200 * i) / 16000));

test("a good sound needs no word", () => {
  expect(soundNotes(wave(0.5))).toEqual([]);
});

test("silence, clipping and a mean are named", () => {
  expect(soundNotes(new Float32Array(100), "a.wav")).toEqual(["a.wav is silent: nothing in it is louder than 0 of 1."]);
  expect(soundNotes(wave(1e-4, 0.2), "a.wav")[0]).toContain("a.wav is silent");
  expect(soundNotes(wave(2).map((x) => Math.max(-1, Math.min(1, x))))[0]).toMatch(/clipped: 6\d % of its samples/);
  expect(soundNotes(wave(2))).toEqual(["The sound goes up to 2.00, beyond ±1; it is made softer to fit."]);
  expect(soundNotes(wave(0.5, 0.1))[0]).toContain("has a mean of 0.100 instead of 0");
  expect(soundNotes(new Float32Array(0))[0]).toContain("no samples");
});

test("a sample that is not finite is an error with its place", () => {
  const sound = wave(0.5);
  sound[8000] = Number.POSITIVE_INFINITY;
  expect(() => soundNotes(sound, "a.wav")).toThrow("a.wav is broken at 0.500 s: sample 8000 is Infinity.");
});

test("one gain for both: the louder reaches 1, the other keeps its distance", () => {
  expect(commonGain(wave(0.5), wave(0.1))).toBeCloseTo(2, 4);
  expect(commonGain(wave(0.1), wave(0.25, 0.3))).toBeCloseTo(4, 3);
  expect(commonGain(new Float32Array(9), new Float32Array(9))).toBe(1);
});

test("how loud a conversation was recorded makes no difference, who is louder does", () => {
  const energy = (rows: Float32Array) => rows[10 * SOUND_FEATURES + SOUND_PARTS.energy[0]];
  const [a, b] = dialogueFeatures([wave(0.5), wave(0.05)]);
  const quieter = dialogueFeatures([wave(0.25), wave(0.025)]);
  expect(energy(quieter[0])).toBeCloseTo(energy(a), 4);
  expect(energy(a) - energy(b)).toBeCloseTo(Math.log(10), 2);
  expect(() => dialogueFeatures([wave(1), new Float32Array(3)])).toThrow("16000 and 3");
});
