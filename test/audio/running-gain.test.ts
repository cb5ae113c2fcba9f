import { expect, test } from "vitest";
import { commonGain, RunningGain } from "../../src/audio/index.js";

const wave = (level: number, mean = 0) =>
  Float32Array.from({ length: 8000 }, (_, i) => mean + level * Math.sin((2 * Math.PI * 200 * i) / 16000));
/** What both are brought to, from 0.1 s on. */
const later = (a: Float32Array, b: Float32Array) => new RunningGain().apply(a, b).map((own) => own.subarray(1600));

test("how loud both are makes no difference once the loudest is heard, who is louder does", () => {
  const [a, b] = later(wave(0.8), wave(0.2));
  const [quietA, quietB] = later(wave(0.08), wave(0.02));
  expect(Math.max(...a)).toBeCloseTo(1, 2);
  expect(Math.max(...b)).toBeCloseTo(0.25, 2);
  expect(Math.max(...a.map((x, i) => Math.abs(x - quietA[i])))).toBeLessThan(1e-3);
  expect(Math.max(...b.map((x, i) => Math.abs(x - quietB[i])))).toBeLessThan(1e-3);
  const [, alone] = later(wave(0.8), wave(0.02));
  expect(Math.max(...alone)).toBeCloseTo(0.025, 3);
});

test("it ends where the gain of the whole conversation is", () => {
  const [a, b] = [wave(0.1, 0.3), wave(0.4)];
  const [, found] = new RunningGain().apply(a, b);
  expect(found[7999] / b[7999]).toBeCloseTo(commonGain(a, b), 3);
});

test("begins at 20, falls as something louder is heard, and is the same however the voices are cut", () => {
  const a = Float32Array.of(0, 0.01, -0.02, 0.5, 0.1, -1, 0.1);
  const silence = new Float32Array(7);
  const [whole] = new RunningGain().apply(a, silence);
  expect(whole[1]).toBeCloseTo(0.2, 6);
  expect(whole[6]).toBeLessThan(0.6 * whole[4]);
  const cut = new RunningGain();
  const pieces = [a.subarray(0, 3), a.subarray(3)].flatMap((own) => [
    ...cut.apply(own, silence.subarray(0, own.length))[0],
  ]);
  expect(pieces).toEqual([...whole]);
});

test("a sample that is not finite is refused, and nothing of it is kept", () => {
  const gain = new RunningGain();
  const broken = Float32Array.of(0.9, Number.NaN);
  expect(() => gain.apply(new Float32Array(2), broken)).toThrow("speaker 2 is broken at 0.000 s: sample 1 is NaN");
  expect(gain.apply(Float32Array.of(0.04), new Float32Array(1))[0][0]).toBeCloseTo(0.8, 5);
});
