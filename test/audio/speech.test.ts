import { expect, test } from "vitest";
import {
  replaceSpeech,
  SAMPLE_RATE,
  SOUND_FEATURES,
  SOUND_PARTS,
  soundFeatures,
  TurnClock,
} from "../../src/audio/index.js";

/** Turn and silence in rows, after each probability. */
const run = (probabilities: readonly number[]) => {
  const clock = new TurnClock();
  return probabilities.map((p) => {
    clock.push(p);
    return [Math.round(clock.turn * 30), Math.round(clock.silence * 30)];
  });
};
const rows = (count: number, p: number) => new Array<number>(count).fill(p);

test("speech counts once it has lasted 250 ms, from its first row on", () => {
  const ages = run([...rows(5, 0), ...rows(10, 0.9)]);
  expect(ages[11]).toEqual([0, 12]);
  expect(ages[12]).toEqual([8, 0]);
  expect(ages[14]).toEqual([10, 0]);
});

test("a click of speech is none, and does not end a silence", () => {
  expect(run([...rows(5, 0), ...rows(7, 0.9), ...rows(3, 0)]).at(-1)).toEqual([0, 15]);
});

test("a turn outlives a pause of less than 400 ms, and silence counts from the last row of speech", () => {
  const ages = run([...rows(10, 0.9), ...rows(11, 0), 0.9, ...rows(12, 0)]);
  expect(ages[20]).toEqual([21, 0]);
  expect(ages[21]).toEqual([22, 0]);
  expect(ages[32]).toEqual([33, 0]);
  expect(ages[33]).toEqual([0, 12]);
});

test("speech begins at 0.5 and goes on down to 0.35", () => {
  expect(run(rows(20, 0.49)).at(-1)).toEqual([0, 20]);
  expect(run([0.5, ...rows(19, 0.35)]).at(-1)).toEqual([20, 0]);
  expect(run([...rows(10, 0.5), ...rows(12, 0.34)]).at(-1)).toEqual([0, 12]);
});

const column = (features: Float32Array, part: keyof typeof SOUND_PARTS) =>
  Array.from(
    { length: features.length / SOUND_FEATURES },
    (_, k) => features[k * SOUND_FEATURES + SOUND_PARTS[part][0]],
  );

test("loudness tells a voice from a steady background, and from silence", () => {
  let seed = 1;
  const noise = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const voice = (t: number) => (t % 6 < 3 ? 0.2 * Math.sin(2 * Math.PI * 140 * t) * (0.8 + 0.2 * Math.sin(25 * t)) : 0);
  const recorded = Float32Array.from({ length: 12 * SAMPLE_RATE }, (_, i) => voice(i / SAMPLE_RATE) + 0.01 * noise());
  const features = soundFeatures(recorded);
  const speech = column(features, "speech");
  for (const from of [0, 180]) {
    expect(Math.min(...speech.slice(from + 3, from + 88))).toBeGreaterThan(0.5);
    expect(Math.max(...speech.slice(from + 95, from + 178))).toBeLessThan(0.1);
  }
  expect(column(features, "turnAge")[260]).toBeCloseTo((260 - 180 + 1) / 30 / 4, 1);
  expect(column(features, "silenceAge")[178]).toBeCloseTo((178 - 90) / 30 / 4, 1);
  expect(Math.max(...column(soundFeatures(new Float32Array(SAMPLE_RATE)), "speech"))).toBeLessThan(0.01);
});

test("a network's probabilities take the place of loudness, with the ages that follow from them", () => {
  const features = soundFeatures(new Float32Array(SAMPLE_RATE));
  const replaced = replaceSpeech(features, new Float32Array(30).fill(0.9));
  expect(column(replaced, "turnAge")[29]).toBeCloseTo(30 / 30 / 4, 6);
  expect(column(replaced, "silenceAge")[29]).toBe(0);
  expect(column(features, "speech")[29]).toBeLessThan(0.01);
  expect(column(replaced, "energy")).toEqual(column(features, "energy"));
  expect(() => replaceSpeech(features, new Float32Array(29))).toThrow("30 rows take as many probabilities");
  expect(() => replaceSpeech(features, new Float32Array(30).fill(1.5))).toThrow("row 0 is 1.5");
});
