import { SAMPLE_RATE, SOUND_FPS, soundFrames } from "../../audio/index.js";
import type { DownloadOptions } from "../../data/download.js";
import { keepPackageMember, type PackageMember } from "../../data/package-member.js";
import { type CompileOptions, releasable, resolveRuntime } from "../../runtime/index.js";
import { openSession } from "../../runtime/onnx-file.js";
import { Work } from "../../runtime/release.js";
import { sampleRows } from "./rows.js";

/** The encoder of Moonshine tiny, which was trained to write down English speech (MIT), in 8-bit integers. */
export const MOONSHINE: PackageMember = {
  npm: {
    name: "@moonshine-ai/moonshine-js",
    version: "0.1.29",
    bytes: 21_514_347,
    integrity: "sha512-Gx1B3mJcbM68ihSy/LyJEuEkGq7sYMqTb04zNdcIeidU0URVlSmXP0GyiQOTTAqDZQXlIC7k+bky+FdXk0UPlg==",
  },
  member: "dist/model/tiny/quantized/encoder_model.onnx",
  integrity: "sha256-xvxLe8WvdcBZH9FXofOCm1M9GOl2moiP2Vpi5HDdT0o=",
};

/** Numbers of a row, samples from one of the encoder's tokens to the next, and of the shortest sound that has some. */
export const MOONSHINE_FEATURES = 288;
const [HOP, SHORTEST] = [384, 4096];
/** Samples that are encoded at once: the encoder attends to all of them, so a long sound goes in pieces of 10 s. */
const PIECE = HOP * Math.round((10 * SAMPLE_RATE) / HOP);

/** What a network hears in speech. */
export interface SpeechEncoder extends AsyncDisposable {
  readonly name: string;
  readonly dim: number;
  /** Features [T, dim] of a sound at 16 kHz, one row for each of `soundFeatures`. */
  encode(samples: Float32Array, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * Moonshine's encoder, fetched (22 MB) at the first use. Its tokens, 41.67 a second, are read at the rows' middles,
 * linearly in between; token j stands at (j + ½) · 24 ms.
 */
export async function moonshineEncoder(
  options: CompileOptions & DownloadOptions & { cache?: string } = {},
): Promise<SpeechEncoder> {
  const path = await keepPackageMember(MOONSHINE, options);
  const settings = { device: "cpu", ...options } as const;
  const session = await openSession(path, settings);
  const { Tensor } = (await resolveRuntime(settings.device)).ort;
  const work = new Work("The encoder of speech");
  const [input, output] = [session.inputNames[0], session.outputNames[0]];

  /** Tokens of a piece; as many as hops lie in it, the last one repeated where the network gives fewer. */
  async function tokens(samples: Float32Array, signal: AbortSignal): Promise<Float32Array> {
    const padded = new Float32Array(Math.max(SHORTEST, samples.length));
    padded.set(samples);
    const feeds = { [input]: new Tensor("float32", padded, [1, padded.length]) };
    const found = (await work.run(signal, () => session.run(feeds)))[output].data as Float32Array;
    const count = Math.ceil(samples.length / HOP);
    const result = new Float32Array(count * MOONSHINE_FEATURES);
    const have = found.length / MOONSHINE_FEATURES;
    for (let j = 0; j < count; j++) {
      const from = Math.min(j, have - 1) * MOONSHINE_FEATURES;
      result.set(found.subarray(from, from + MOONSHINE_FEATURES), j * MOONSHINE_FEATURES);
    }
    return result;
  }

  return releasable({
    name: "Moonshine tiny",
    dim: MOONSHINE_FEATURES,
    async encode(samples: Float32Array, { signal: given }: { signal?: AbortSignal } = {}) {
      const signal = work.signal(given);
      const series = new Float32Array(Math.ceil(samples.length / HOP) * MOONSHINE_FEATURES);
      for (let at = 0; at < samples.length; at += PIECE)
        series.set(await tokens(samples.subarray(at, at + PIECE), signal), (at / HOP) * MOONSHINE_FEATURES);
      const timing = { every: HOP / SAMPLE_RATE, first: HOP / 2 / SAMPLE_RATE };
      return sampleRows(series, MOONSHINE_FEATURES, timing, { rows: soundFrames(samples.length), fps: SOUND_FPS });
    },
    async release() {
      await work.end();
      await session.release();
    },
  });
}
