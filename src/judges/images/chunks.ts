import { type ImageSplit, toFloat } from "../../data/index.js";
import { pause } from "../../runtime/pause.js";
import type { Extractor } from "../extractors/index.js";

/** Features wider than this are measured with fewer images where the cost grows with the width (see `costs`). */
export const WIDE = 512;
/** Images that are held as floats at a time, where not all have to be. */
export const CHUNK = 1000;

/** Features of the images at `rows`, a chunk at a time. */
export async function extractSplit(
  extractor: Extractor,
  split: ImageSplit,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
  onChunk?: (done: number) => void,
): Promise<{ values: Float32Array; logits: Float32Array | null }> {
  const values = new Float32Array(rows.length * extractor.dim);
  const logits: Float32Array[] = [];
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, rows.length - at) }, (_, i) => rows[at + i]);
    await pause(signal);
    const found = await extractor.extract(toFloat(split, chunk), chunk.length, { signal });
    values.set(found.features, at * extractor.dim);
    if (found.logits) logits.push(found.logits);
    onChunk?.(at + chunk.length);
  }
  return { values, logits: logits.length > 0 ? joined(logits) : null };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
