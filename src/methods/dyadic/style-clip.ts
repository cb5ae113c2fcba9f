import { OptionError } from "../../io/wrong-use.js";
import { type Clip, resample, toGesture } from "../../motion/index.js";
import type { Drawing } from "./drawing.js";
import { TOKEN_FRAMES } from "./shape.js";
import { styleNumbers } from "./style.js";
import { stretchOf } from "./windows.js";

/** Seconds of a clip at least, from which a style is taken. */
const SHORTEST = 1;

/**
 * The style of a clip, [2 · latent], as training takes it of a window: of a longer clip the mean over its windows.
 * @throws OptionError for a clip of another body than that of 52 joints, or of less than a second
 */
export async function styleOf(drawing: Drawing, clip: Clip): Promise<Float32Array> {
  const { shape } = drawing;
  const { window, atoms } = shape.network;
  const { latent } = shape.tokenizer;
  if (atoms === 0) throw new OptionError("This model has no dictionary of motion, and so no styles; leave them out.");
  if (clip.frames < SHORTEST * clip.fps)
    throw new OptionError(
      `A style is taken from a clip of ${SHORTEST} s or more; it has ${clip.frames} frames at ${clip.fps} a second.`,
    );
  const latents = await encoded(drawing, gestureRows(clip, shape.fps));
  const tokens = latents.length / latent;
  const starts = Array.from({ length: Math.ceil(tokens / window) }, (_, i) =>
    Math.max(0, Math.min(i * window, tokens - window)),
  );
  const all = starts.map((at) => styleNumbers(latents.subarray(at * latent, (at + window) * latent), latent));
  return all[0].map((_, j) => all.reduce((sum, numbers) => sum + numbers[j], 0) / all.length);
}

function gestureRows(clip: Clip, fps: number): Float32Array {
  try {
    return toGesture(resample(clip, fps));
  } catch (error) {
    throw new OptionError(`A clip cannot be a style. ${(error as Error).message}`, { cause: error });
  }
}

/** Standardised latents [n, latent] of whole tokens of gestures, as their codes are. */
async function encoded({ shape, graphs, programs, codebooks }: Drawing, rows: Float32Array): Promise<Float32Array> {
  const { window } = shape.network;
  const { latent } = shape.tokenizer;
  const tokens = Math.floor(rows.length / shape.features / TOKEN_FRAMES);
  const out = new Float32Array(tokens * latent);
  const margin = Math.min(4, (window - 1) >> 1);
  const step = window - 2 * margin;
  for (let at = 0; at < tokens; at += step) {
    // Tokens beside those that are taken are context only
    const frames = stretchOf(rows, shape.features, (at - margin) * TOKEN_FRAMES, window * TOKEN_FRAMES);
    const { raw } = await programs.run("encode", graphs.encode, 1, { frames });
    const { latents } = await programs.run("standard latents", graphs.standard, 1, { raw: codebooks.snap(raw) });
    out.set(latents.subarray(margin * latent, (margin + Math.min(step, tokens - at)) * latent), at * latent);
  }
  return out;
}
