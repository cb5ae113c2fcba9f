import { SAMPLE_RATE, SOUND_FPS, soundFrames } from "../../audio/index.js";
import type { DownloadOptions } from "../../data/download.js";
import { keepPackageMember, type PackageMember } from "../../data/package-member.js";
import { type CompileOptions, releasable, resolveRuntime } from "../../runtime/index.js";
import { openSession } from "../../runtime/onnx-file.js";
import { Work } from "../../runtime/release.js";
import { sampleRows } from "./rows.js";

/** Silero's network that tells speech (MIT), version 5, as the package @ricky0123/vad-web (ISC) carries it. */
export const SILERO: PackageMember = {
  npm: {
    name: "@ricky0123/vad-web",
    version: "0.0.31",
    bytes: 5_471_324,
    integrity: "sha512-ePVq8TvB21sdHSxVMZOEIf9JVa7MAYpaIaNXeGgsPOiMCN8xbPCdF2LS5aYj7VRR3ZxzutedgV9ZplV65IA1Fg==",
  },
  member: "dist/silero_vad_v5.onnx",
  integrity: "sha256-JiOilT9v89LB5hdAxs23FoEzR5smff7xFKSjzFvdeI8=",
};

/** Samples that get one probability (32 ms), and those before them that the network must see again. */
const [BLOCK, CONTEXT] = [512, 64];
const STATE = [2, 1, 128];

/** A network that hears whether somebody speaks. */
export interface SpeechDetector extends AsyncDisposable {
  readonly name: string;
  /**
   * Probabilities of speech [T] of a sound at 16 kHz, one for each row of `soundFeatures`; `replaceSpeech` puts them
   * into rows.
   */
  speech(samples: Float32Array, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  release(): Promise<void>;
}

/**
 * Silero's detector, fetched (5 MB) at the first use. It tells a voice from music, knocks and a partner's voice that
 * bleeds in better than loudness does.
 */
export async function sileroDetector(
  options: CompileOptions & DownloadOptions & { cache?: string } = {},
): Promise<SpeechDetector> {
  const path = await keepPackageMember(SILERO, options);
  const settings = { threads: 1, device: "cpu", ...options } as const; // each block waits for the one before
  const session = await openSession(path, settings);
  const { Tensor } = (await resolveRuntime(settings.device)).ort;
  const work = new Work("The detector of speech");
  const rate = new Tensor("int64", BigInt64Array.of(BigInt(SAMPLE_RATE)), []);

  /** A probability for each block; the last one is filled up with silence. */
  async function blocks(samples: Float32Array, signal: AbortSignal): Promise<Float32Array> {
    const probabilities = new Float32Array(Math.ceil(samples.length / BLOCK));
    let state = new Tensor("float32", new Float32Array(256), STATE);
    for (let i = 0; i < probabilities.length; i++) {
      const input = new Float32Array(CONTEXT + BLOCK);
      const from = i * BLOCK - CONTEXT;
      input.set(samples.subarray(Math.max(0, from), (i + 1) * BLOCK), Math.max(0, -from));
      const feeds = { input: new Tensor("float32", input, [1, input.length]), state, sr: rate };
      const { output, stateN } = await work.run(signal, () => session.run(feeds));
      probabilities[i] = (output.data as Float32Array)[0];
      state = new Tensor("float32", stateN.data as Float32Array, STATE);
    }
    return probabilities;
  }

  return releasable({
    name: "Silero 5",
    async speech(samples: Float32Array, { signal }: { signal?: AbortSignal } = {}) {
      const probabilities = await blocks(samples, work.signal(signal));
      const timing = { every: BLOCK / SAMPLE_RATE, first: BLOCK / 2 / SAMPLE_RATE };
      return sampleRows(probabilities, 1, timing, { rows: soundFrames(samples.length), fps: SOUND_FPS });
    },
    async release() {
      await work.end();
      await session.release();
    },
  });
}
