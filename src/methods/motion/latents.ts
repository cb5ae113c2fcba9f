import type { Random } from "../../random/index.js";
import { type Compute, compile, computeOf } from "../../runtime/index.js";
import type { MotionNetwork } from "./network.js";
import { blockFrames, type MotionShape, TOKEN_FRAMES } from "./shape.js";
import { type FeatureClip, rowsOfWindows, type Window, windowsOver } from "./windows.js";

/** A window with its tokens' distribution. */
export interface EncodedWindow {
  readonly window: Window;
  /** Draws standardised tokens, [n, latent]. */
  draw(random: Random): Float32Array;
}

/** Windows that are encoded together. */
const BATCH = 32;
/** Blocks between windows of a clip. */
const STRIDE = 2;

/** Mean and deviation of each number of a token, [latent]. */
export type TokenScale = Record<"mean" | "deviation", Float32Array>;

/** The scale that a network's tokens have. */
export const tokenScaleOf = ({ tokens }: MotionNetwork): TokenScale => ({
  mean: tokens.mean.value!.slice(),
  deviation: tokens.deviation.value!.slice(),
});

/**
 * Encodes windows of as many blocks as the denoiser looks at, each as if nothing came before it, and sets the scale of
 * tokens: that which is given, or else one by which those that are drawn have mean 0 and deviation 1 in each of their numbers.
 */
export async function encodeWindows(
  clips: readonly FeatureClip[],
  shape: MotionShape,
  net: MotionNetwork,
  compute: Compute = {},
  given?: TokenScale,
): Promise<EncodedWindow[]> {
  const { features, codec, network } = shape;
  const { latent } = codec;
  const frames = network.window * blockFrames(shape);
  const tokens = frames / TOKEN_FRAMES;
  const windows = windowsOver(clips, frames, STRIDE * blockFrames(shape));
  await using program = compile(
    { rows: [BATCH, frames, features] },
    ({ rows }) => {
      const { mean, logVariance } = net.encode(net.frames.apply(rows));
      return { mean, deviation: logVariance.mul(0.5).exp() };
    },
    { ...computeOf(compute), freeze: true },
  );
  const found: { window: Window; mean: Float32Array; deviation: Float32Array }[] = [];
  for (let at = 0; at < windows.length; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => windows[Math.min(at + i, windows.length - 1)]);
    const { mean, deviation } = await program.run({ rows: rowsOfWindows(batch, frames, features) });
    batch.slice(0, windows.length - at).forEach((window, i) => {
      const own = Math.floor((window.end - window.start) / TOKEN_FRAMES) * latent;
      const from = i * tokens * latent;
      found.push({ window, mean: mean.slice(from, from + own), deviation: deviation.slice(from, from + own) });
    });
  }
  const scale = given ?? tokenScale(found, latent);
  net.tokens.mean.value!.set(scale.mean);
  net.tokens.deviation.value!.set(scale.deviation);
  return found.map(({ window, mean, deviation }) => ({
    window,
    draw: (random) =>
      mean.map(
        (value, i) => (value + deviation[i] * random.normal() - scale.mean[i % latent]) / scale.deviation[i % latent],
      ),
  }));
}

/** Mean and deviation of drawn tokens: of their means, and of the noise around these. */
function tokenScale(encoded: readonly TokenScale[], latent: number): TokenScale {
  const [sum, squares] = [new Float64Array(latent), new Float64Array(latent)];
  let count = 0;
  for (const { mean, deviation } of encoded) {
    count += mean.length / latent;
    for (let i = 0; i < mean.length; i++) {
      sum[i % latent] += mean[i];
      squares[i % latent] += mean[i] ** 2 + deviation[i] ** 2;
    }
  }
  const mean = Float32Array.from(sum, (total) => total / count);
  return {
    mean,
    deviation: Float32Array.from(squares, (total, j) => Math.sqrt(Math.max(total / count - mean[j] ** 2, 1e-6))),
  };
}
