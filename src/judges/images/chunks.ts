import { type ImageSplit, toFloat } from "../../data/index.js";
import { pause } from "../../runtime/pause.js";
import { chunkOf, type Extractor, joinRows } from "../extractors/extractor.js";

/** Features wider than this are measured with fewer images where the cost grows with the width (see `costs`). */
export const WIDE = 512;

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
  const most = chunkOf(extractor);
  for (let at = 0; at < rows.length; at += most) {
    const chunk = Array.from({ length: Math.min(most, rows.length - at) }, (_, i) => rows[at + i]);
    await pause(signal);
    const found = await extractor.extract(toFloat(split, chunk), chunk.length, { signal });
    values.set(found.features, at * extractor.dim);
    if (found.logits) logits.push(found.logits);
    onChunk?.(at + chunk.length);
  }
  return { values, logits: logits.length > 0 ? joinRows(logits) : null };
}
