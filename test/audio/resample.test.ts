import { describe, expect, test } from "vitest";
import { Resampler, resample } from "../../src/audio/index.js";
import golden from "../goldens/audio/audio.json" with { type: "json" };

const tones = (rate: number) =>
  Float32Array.from({ length: rate * 0.2 }, (_, i) => {
    const t = (2 * Math.PI * i) / rate;
    return 0.3 * Math.sin(311 * t) + 0.2 * Math.sin(1700 * t + 1) + 0.1 * Math.sin(3100 * t);
  });

describe.each(Object.entries(golden.resampled))("from %s Hz", (from, { soxr, scipy }) => {
  test("as soxr has it", () => {
    const mine = resample(tones(Number(from)), Number(from), 16000);
    expect(mine.length).toBe(Math.floor((tones(Number(from)).length * 16000) / Number(from)));
    soxr.forEach((value, i) => {
      expect(Math.abs(mine[1500 + i] - value)).toBeLessThan(2e-4);
    });
    scipy.forEach((value, i) => {
      expect(Math.abs(mine[1500 + i] - value)).toBeLessThan(0.02); // its own filter is short
    });
  });

  test("the same bits, however it is cut", () => {
    const [whole, resampler] = [resample(tones(Number(from)), Number(from), 16000), new Resampler(Number(from), 16000)];
    const parts: number[] = [];
    for (let at = 0, piece = 1; at < tones(Number(from)).length; at += piece++)
      parts.push(...resampler.push(tones(Number(from)).slice(at, at + piece)));
    expect([...parts, ...resampler.end()]).toEqual([...whole]);
  });
});

test("what the lower rate cannot hold is taken away instead of folded", () => {
  const high = Float32Array.from({ length: 48000 }, (_, i) => Math.sin((2 * Math.PI * 11000 * i) / 48000));
  expect(Math.max(...resample(high, 48000, 16000).slice(200, -200).map(Math.abs))).toBeLessThan(1e-4);
});

test("the same rate changes nothing", () => {
  expect(resample(tones(16000), 16000, 16000)).toEqual(tones(16000));
});

test.each([0, 44100.5, 1e6, Number.NaN])("a rate of %d is refused", (rate) => {
  expect(() => new Resampler(rate, 16000)).toThrow("got");
});
