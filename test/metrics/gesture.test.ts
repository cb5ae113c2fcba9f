import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as gesture from "../../src/metrics/gesture/index.js";
import { leastSquares } from "../../src/metrics/least-squares.js";
import { Random } from "../../src/random/index.js";

/** Values by NumPy and SciPy in float64: test/goldens/gesture/make_gesture.py. */
const golden = JSON.parse(readFileSync(new URL("../goldens/gesture/gesture.json", import.meta.url), "utf8"));
const FPS = 30;
const of = { dim: 4, fps: FPS };

const clip = (k: number, frames = 200, dim = 4) =>
  Float32Array.from({ length: frames * dim }, (_, at) => {
    const [t, j] = [Math.floor(at / dim), at % dim];
    return Math.sin(0.11 * (j + 1) * t + j + k) + 0.3 * Math.cos(0.011 * t * t * (1 + 0.1 * k) + 2 * j);
  }).map((value) => value * (1 + 0.2 * k));
const column = (rows: Float32Array, j: number) => Array.from(rows.filter((_, at) => at % 4 === j));
const [a, b] = [
  [clip(0), clip(1)],
  [clip(2), clip(3)],
];
const close = (value: number, expected: number, relative = 1e-4) =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(relative * Math.max(1e-9, Math.abs(expected)));

describe("against NumPy and SciPy", () => {
  test("Fréchet distances, diversity, jerk", () => {
    const found = gesture.gestureFrechet(a, b, of);
    close(found.static, golden.frechetStatic);
    close(found.kinetic, golden.frechetKinetic);
    close(gesture.temporalVariance(a, 4), golden.temporalVariance);
    close(gesture.l1Diversity(a, 4), golden.l1Diversity);
    close(gesture.gestureJerk(a, of), golden.jerk);
  });

  test("coupling, lead and lag, Granger's gain", () => {
    const energy = gesture.energyOf(a[0], 4, { fps: FPS });
    const speech = column(a[1], 0).map(Math.abs);
    close(gesture.ownCoupling(energy, speech, FPS), golden.ownCoupling);
    close(gesture.partnerCoupling(energy, speech, FPS), golden.partnerCoupling);
    const { curve, lag } = gesture.leadLag([[column(a[0], 0), column(a[1], 1)]], FPS);
    for (const [i, value] of golden.leadLag.entries()) expect(curve[i]).toBeCloseTo(value, 4);
    expect(lag).toBe(golden.leadLag.indexOf(Math.max(...golden.leadLag)) - 30);
    const cause = Array.from({ length: 200 }, (_, t) => Math.sin(t ** 2 * 0.7));
    const effect = new Float64Array(200);
    for (let t = 3; t < 200; t++) effect[t] = 0.5 * effect[t - 1] + 0.4 * cause[t - 3] + 0.3 * Math.sin(t * t * 0.31);
    close(gesture.grangerGain([{ effect, cause }]), golden.granger, 1e-6);
  });

  test("speeds, beats and their consistency", () => {
    const speeds = gesture.jointSpeeds(a[0], { joints: 2, size: 2, fps: FPS });
    const tops = gesture.topSpeeds([speeds], 2);
    const beats = [0, 1].map((j) =>
      gesture.gestureBeats(
        speeds.filter((_, at) => at % 2 === j),
        { top: tops[j], fps: FPS },
      ),
    );
    expect(golden.beats.flat().length).toBeGreaterThan(5);
    for (const j of [0, 1]) expect(beats[j]).toEqual(golden.beats[j].map((time: number) => expect.closeTo(time, 9)));
    const found = gesture.beatConsistency(speeds, [0.5, 1.7, 3.1, 4.4, 6], { tops, fps: FPS, sigma: 0.3 });
    close(found.motionToSound, golden.beatConsistency[0]);
    close(found.soundToMotion, golden.beatConsistency[1]);
    const sound = [0.5, 1.7, 3.1, 4.4, 6];
    const clip = { speeds, sound };
    const resting = { speeds: new Float32Array(speeds.length), sound };
    const with3 = { tops, fps: FPS, sigma: 0.3 };
    const moving = beats.filter((one) => one.length > 0).map((one) => gesture.alignment(one, sound, 0.3));
    close(gesture.movingBeatConsistency([clip, resting], with3)!, moving.reduce((a, b) => a + b) / moving.length);
    expect(gesture.movingBeatConsistency([resting], with3)).toBe(null);
    expect(gesture.beatConsistency(resting.speeds, sound, with3).motionToSound).toBe(0);
  });
});

describe("Fréchet distances", () => {
  test("of the same clips are 0; a shift adds its square; k times as large is k² times as far", () => {
    expect(gesture.gestureFrechet(a, a, of).static).toBeLessThan(1e-8);
    const moved = a.map((rows) => rows.map((value, at) => value + (at % 4 === 2 ? 0.5 : 0)));
    const { static: still, kinetic } = gesture.gestureFrechet(moved, a, of);
    expect(still).toBeCloseTo(0.25, 6);
    expect(kinetic).toBeLessThan(1e-4);
    const twice = (clips: Float32Array[]) => clips.map((rows) => rows.map((value) => 2 * value));
    const [one, two] = [gesture.gestureFrechet(a, b, of), gesture.gestureFrechet(twice(a), twice(b), of)];
    close(two.static, 4 * one.static, 1e-5);
    close(two.kinetic, 4 * one.kinetic, 1e-5);
    close(gesture.gestureFrechet(b, a, of).static, one.static, 1e-6);
  });

  test("of N(0, 1) and N(3, 2²) is 10, of diag(1, 4) and diag(9, 1) is 5", () => {
    // Values whose mean and unbiased variance are exactly what is asked for
    const exact = (mean: number, deviation: number) => {
      const values = Float32Array.from({ length: 4 }, (_, i) => (i < 2 ? -1 : 1) * Math.sqrt(3 / 4));
      return values.map((value) => mean + deviation * value);
    };
    expect(gesture.gestureFrechet([exact(0, 1)], [exact(3, 2)], { dim: 1, fps: 1 }).static).toBeCloseTo(10, 5);
    const pair = (x: number, y: number) =>
      Float32Array.from([-x, -y, -x, y, x, -y, x, y], (value) => value * Math.sqrt(3 / 4));
    expect(gesture.gestureFrechet([pair(1, 2)], [pair(3, 1)], { dim: 2, fps: 1 }).static).toBeCloseTo(5, 5);
  });

  test("tell clips of their own label from those of another", () => {
    const labelled = (clips: Float32Array[]) => ({ clips, labels: [0, 1] });
    const { matched, mismatched } = gesture.conditionalFrechet(labelled(a), labelled(a), of);
    expect(matched.static).toBeLessThan(1e-8);
    close(mismatched!.static, gesture.gestureFrechet([a[0]], [a[1]], of).static, 1e-6);
    expect(gesture.conditionalFrechet({ clips: a, labels: [2, -1] }, { clips: a, labels: [2, 2] }, of).mismatched).toBe(
      null,
    );
    expect(() => gesture.conditionalFrechet({ clips: a, labels: [0, 0] }, { clips: a, labels: [1, -1] }, of)).toThrow(
      "No label is one of both",
    );
  });
});

describe("beats", () => {
  test("goldens of a list of times, both ways", () => {
    const [motion, sound] = [
      [1, 2],
      [1, 2.1, 3],
    ];
    for (const [sigma, m2a, a2m] of [
      [0.1, 0.803265, 0.53551],
      [0.3, 0.97298, 0.649942],
    ]) {
      expect(gesture.alignment(motion, sound, sigma)).toBeCloseTo(m2a, 6);
      expect(gesture.alignment(sound, motion, sigma)).toBeCloseTo(a2m, 6);
      const later = (times: number[]) => times.map((time) => time + 7);
      expect(gesture.alignment(later(motion), later(sound), sigma)).toBeCloseTo(m2a, 6);
    }
    expect(gesture.alignment(sound, sound, 0.1)).toBe(1);
    expect([gesture.alignment([], sound, 0.1), gesture.alignment(sound, [], 0.1)]).toEqual([0, 0]);
  });
});

describe("diversity", () => {
  const random = () => new Random(1);
  test("of what never moves is 0, and grows as motion does", () => {
    const still = [new Float32Array(40).fill(0.3)];
    expect(gesture.staticDiversity(still, 4, random())).toBe(0);
    expect(gesture.kineticDiversity(still, { ...of, random: random() })).toBe(0);
    expect([gesture.temporalVariance(still, 4), gesture.l1Diversity(still, 4)]).toEqual([
      expect.closeTo(0, 12),
      expect.closeTo(0, 6),
    ]);
    const three = a.map((rows) => rows.map((value) => 3 * value));
    close(gesture.staticDiversity(three, 4, random()), 3 * gesture.staticDiversity(a, 4, random()), 1e-6);
    close(
      gesture.kineticDiversity(three, { ...of, random: random() }),
      3 * gesture.kineticDiversity(a, { ...of, random: random() }),
      1e-5,
    );
  });

  test("of pairs of normal numbers is 2 / √π", () => {
    const normal = new Random(3).normals(10_000);
    expect(gesture.staticDiversity([normal], 1, random())).toBeCloseTo(2 / Math.sqrt(Math.PI), 1);
  });
});

describe("two series", () => {
  const noise = (seed: number, count: number) => new Random(seed).normals(count);

  test("a copy that comes 12 frames later is found at lag 12, and the other way at −12", () => {
    const x = noise(1, 400);
    const y = x.map((_, t) => (t < 12 ? 0 : x[t - 12]));
    const { lag, peak } = gesture.leadLag([[x, y]], FPS);
    expect([lag, peak]).toEqual([12, expect.closeTo(1, 3)]);
    expect(gesture.leadLag([[y, x]], FPS).lag).toBe(-12);
    expect(() => gesture.leadLag([[x.slice(0, 100), y]], FPS)).toThrow("need series of 180 frames");
  });

  test("Granger's gain is never below 0, near 0 of independent noise, and large of a cause", () => {
    const [x, y] = [noise(2, 2000), noise(3, 2000)];
    const none = gesture.grangerGain([{ effect: x, cause: y }]);
    expect(none).toBeGreaterThanOrEqual(0);
    expect(none).toBeLessThan(0.05);
    const led = x.map((value, t) => (t < 5 ? value : 0.2 * value + y[t - 5]));
    expect(gesture.grangerGain([{ effect: led, cause: y }])).toBeGreaterThan(1);
    expect(gesture.grangerGain([{ effect: x, cause: x }])).toBeLessThan(1e-6);
    expect(() => gesture.grangerGain([{ effect: x.slice(0, 40), cause: y }])).toThrow("25 frames are too few");
  });

  test("own coupling looks for the best delay up to half a second", () => {
    const voice = gesture.smooth(noise(4, 300), 10);
    const motion = voice.map((_, t) => voice[Math.max(0, t - 9)]);
    expect(gesture.ownCoupling(motion, voice, FPS)).toBeGreaterThan(0.99);
    expect(gesture.partnerCoupling(motion, voice, FPS)).toBeLessThan(0.9);
    expect(gesture.partnerCoupling(new Float32Array(300), voice, FPS)).toBe(0);
  });
});

test("nods are found where the head dips, and answer the stresses before them", () => {
  const pitch = Float32Array.from({ length: 300 }, (_, t) =>
    [2, 6].reduce((sum, at) => {
      const since = t / FPS - at;
      return sum + (since > 0 && since < 1 ? 0.18 * Math.sin(2 * Math.PI * 2.2 * since) * Math.exp(-2 * since) : 0);
    }, 0),
  );
  const nods = gesture.nodsIn(pitch, FPS);
  expect(nods).toEqual([expect.closeTo(2.12, 1), expect.closeTo(6.12, 1)]);
  expect(gesture.nodAnswers([{ nods, stresses: [1.7, 1.9, 4, 5.7, 8] }])).toEqual({
    probability: 0.5,
    latency: expect.closeTo(0.42, 1),
  });
  expect(gesture.nodAnswers([{ nods: [], stresses: [1] }])).toEqual({ probability: 0, latency: null });
  expect(() => gesture.nodAnswers([{ nods, stresses: [] }])).toThrow("no stress");
});

test("least squares: exact where it can be, smaller with a ridge, 0 for a predictor said already", () => {
  const rows = Float64Array.from([1, 0, 1, 1, 1, 2, 1, 3]);
  const targets = [1, 3, 5, 7];
  expect([...leastSquares({ rows, dim: 2, targets })]).toEqual([expect.closeTo(1, 9), expect.closeTo(2, 9)]);
  expect(leastSquares({ rows, dim: 2, targets }, 1)[1]).toBeLessThan(2);
  const twice = Float64Array.from({ length: 8 }, (_, at) => 1 + Math.floor(at / 2));
  expect([...leastSquares({ rows: twice, dim: 2, targets: [2, 4, 6, 8] })]).toEqual([expect.closeTo(2, 9), 0]);
  expect(() => leastSquares({ rows, dim: 2, targets: [1] })).toThrow("1 targets need 1 rows of 2 numbers, not 8");
});
