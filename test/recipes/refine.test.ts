import { describe, expect, test } from "vitest";
import { Random } from "../../src/random/index.js";
import { refine } from "../../src/recipes/drift/refine.js";

describe("refine", () => {
  const random = new Random(4);
  const samples = random.normals(2 * 16);
  const positives = random.normals(2 * 12).map((v, i) => 0.2 * v + (i % 2 === 0 ? 3 : 0));
  const distance = (x: Float32Array) => {
    let sum = 0;
    for (let i = 0; i < 16; i++)
      for (let j = 0; j < 12; j++) sum += Math.hypot(x[2 * i] - positives[2 * j], x[2 * i + 1] - positives[2 * j + 1]);
    return sum / (16 * 12);
  };

  test("no steps, or an infinite anchor, return the samples to the bit", async () => {
    expect(await refine(samples, 16, { positives, steps: 0 })).toEqual(samples);
    expect(await refine(samples, 16, { positives, anchor: Number.POSITIVE_INFINITY })).toEqual(samples);
  });
  test("masked coordinates stay to the bit, the others move", async () => {
    const out = await refine(samples, 16, { positives, mask: Float32Array.of(1, 0) });
    for (let i = 0; i < 16; i++) expect(out[2 * i + 1]).toBe(samples[2 * i + 1]);
    expect(out).not.toEqual(samples);
  });
  test("the mean distance to the exemplars falls with every step", async () => {
    let before = distance(samples);
    for (const steps of [1, 2, 4, 8]) {
      const now = distance(await refine(samples, 16, { positives, steps, eta: 0.1 }));
      expect(now).toBeLessThan(before);
      before = now;
    }
  });
  test("an anchor holds it back", async () => {
    const [free, held] = [
      await refine(samples, 16, { positives }),
      await refine(samples, 16, { positives, anchor: 5 }),
    ];
    expect(distance(held)).toBeGreaterThan(distance(free));
  });
  test("copies of the samples as exemplars, unmasked, are a fixed point", async () => {
    expect(await refine(samples, 16, { positives: samples, selfMask: false })).toEqual(samples);
  });
  test.each([
    [{ positives: new Float32Array(3) }, /2 numbers each, got 3/],
    [{ positives, steps: -1 }, /steps.*got -1/],
    [{ positives, anchor: -1 }, /anchor.*got -1/],
    [{ positives, mask: new Float32Array(3) }, /mask has 3 entries, a sample 2/],
    [{ positives, mask: Float32Array.of(1, 2) }, /mask holds numbers from 0 to 1, got 2/],
    [{ positives, eta: 0 }, /eta.*got 0/],
    [{ positives, temperatures: [] }, /temperatures.*at least one, got \[\]/],
    [{ positives, temperatures: [0.1, -1] }, /temperatures.*got \[0.1, -1\]/],
    [{ positives: positives.map(() => Number.NaN) }, /Exemplars must be finite, got NaN/],
  ])("refuses %o", async (options, message) => {
    await expect(refine(samples, 16, options)).rejects.toThrow(message);
  });
  test("a single sample is repelled by itself, or refused", async () => {
    const one = samples.slice(0, 2);
    expect(await refine(one, 1, { positives })).not.toEqual(one);
    await expect(refine(one, 1, { positives, selfMask: true })).rejects.toThrow(/single sample.*selfMask: false/);
  });
  test("one update is the sum of the tiny example's fields, by hand (T = 1 in units of the mean distance)", async () => {
    const x = Float32Array.of(0, 0, 1, 0);
    const exemplars = Float32Array.of(0, 1, 2, 0);
    const scale = (1 + 2 + Math.SQRT2 + 1) / 4;
    const moved = await refine(x, 2, { positives: exemplars, steps: 1, eta: 1, temperatures: [1 / scale] });
    [-0.1949, 0.3277, 1.6427, 0.1927].forEach((value, i) => void expect(moved[i]).toBeCloseTo(value, 3));
    const masked = { positives: exemplars, steps: 1, eta: 1, temperatures: [1 / scale], mask: Float32Array.of(0.5, 1) };
    expect((await refine(x, 2, masked))[0]).toBeCloseTo(-0.1949 / 2, 3);
  });
  test("an aborted signal ends it between two updates", async () => {
    const control = new AbortController();
    const onProgress = (done: number) => void (done === 2 && control.abort(new Error("enough")));
    const options = { signal: control.signal, onProgress };
    await expect(refine(samples, 16, { positives, steps: 100 }, options)).rejects.toThrow("enough");
  });
});
