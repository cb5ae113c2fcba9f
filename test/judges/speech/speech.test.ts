import { join } from "node:path";
import { beforeAll, describe, expect, type TestContext, test } from "vitest";
import { SAMPLE_RATE, soundFrames } from "../../../src/audio/index.js";
import { readSoundFile } from "../../../src/io/sound-read.js";
import { MOONSHINE_FEATURES, moonshineEncoder } from "../../../src/judges/speech/moonshine.js";
import { sampleRows } from "../../../src/judges/speech/rows.js";
import { sileroDetector } from "../../../src/judges/speech/silero.js";

let speech: Float32Array;
beforeAll(async () => {
  [speech] = (await readSoundFile(join(import.meta.dirname, "../../goldens/audio/speech.flac"))).channels;
});

/** A fetched network; where it can be neither found nor fetched the test is skipped, and says so. */
const fetched = async <T>(open: () => Promise<T>, { skip }: TestContext): Promise<T> =>
  open().catch((error: Error) => {
    if (!/Could not fetch/.test(error.message)) throw error;
    return skip(error.message);
  });

test("a series is read at the rows' middles, from its own centres", () => {
  const line = Float32Array.from({ length: 50 }, (_, j) => (j + 0.5) * 0.024);
  const rows = sampleRows(line, 1, { every: 0.024, first: 0.012 }, { rows: 30, fps: 30 });
  rows.forEach((value, k) => {
    expect(value).toBeCloseTo((k + 0.5) / 30, 5);
  });
  const ends = sampleRows(Float32Array.of(1, 2, 3, 4), 2, { every: 0.1, first: 0.05 }, { rows: 6, fps: 30 });
  expect([...ends.slice(0, 2), ...ends.slice(-2)]).toEqual([1, 2, 3, 4]);
  expect(sampleRows(new Float32Array(0), 1, { every: 1, first: 0 }, { rows: 2, fps: 30 })).toEqual(new Float32Array(2));
});

describe("Silero", () => {
  test("hears a reader in 86 % of the rows or more, and nobody in silence", async (context) => {
    const detector = await fetched(() => sileroDetector(), context);
    await using _ = detector;
    const heard = await detector.speech(speech);
    expect(heard.length).toBe(soundFrames(speech.length));
    // without the 64 samples before each block it hears less of the reader, and more in silence
    expect(heard.filter((p) => p > 0.5).length / heard.length).toBeGreaterThan(0.86);
    expect(Math.max(...(await detector.speech(new Float32Array(2 * SAMPLE_RATE))))).toBeLessThan(0.02);
    const tapped = new Float32Array(2 * SAMPLE_RATE);
    for (let at = 0; at < tapped.length; at += 8000) tapped[at] = 0.8;
    expect((await detector.speech(tapped)).filter((p) => p > 0.5).length / 60).toBeLessThan(0.02);
    expect(await detector.speech(speech)).toEqual(heard);
    await expect(detector.speech(speech, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});

describe("Moonshine", () => {
  test("gives a row for each row of features, which follow the sound", async (context) => {
    const encoder = await fetched(() => moonshineEncoder({ threads: 1 }), context);
    await using _ = encoder;
    const rows = soundFrames(speech.length);
    const features = await encoder.encode(speech);
    expect(features.length).toBe(rows * MOONSHINE_FEATURES);
    expect(features.every(Number.isFinite)).toBe(true);
    // a second of silence before it moves the rows by 30
    const later = new Float32Array(speech.length + SAMPLE_RATE);
    later.set(speech, SAMPLE_RATE);
    const moved = await encoder.encode(later);
    const distance = (lag: number) => {
      let sum = 0;
      for (let k = 20; k < rows - 20; k++)
        for (let d = 0; d < MOONSHINE_FEATURES; d++)
          sum += (features[k * MOONSHINE_FEATURES + d] - moved[(k + lag) * MOONSHINE_FEATURES + d]) ** 2;
      return sum;
    };
    const lags = [26, 27, 28, 29, 30, 31, 32, 33, 34];
    expect(lags.toSorted((a, b) => distance(a) - distance(b))[0]).toBe(30);
    expect((await encoder.encode(new Float32Array(100))).length).toBe(0);
  });
});
