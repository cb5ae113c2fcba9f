import { type ImageDataset, type ImageSplit, toFloat } from "../data/index.js";
import { type Compute, compile, computeOf } from "../runtime/index.js";
import type { Tensor } from "../tensor/index.js";

const BATCH = 500;

/**
 * What a graph of frozen networks makes of some images of a split, by name: [count, …] each, in the order of `indices`.
 */
export async function overImages(
  split: ImageSplit,
  { channels, height, width }: Pick<ImageDataset, "channels" | "height" | "width">,
  indices: readonly number[],
  build: (images: Tensor) => Record<string, Tensor>,
  compute: Compute,
): Promise<Record<string, Float32Array>> {
  const batch = Math.min(BATCH, indices.length);
  const program = compile({ images: [batch, channels, height, width] }, ({ images }) => build(images), {
    ...computeOf(compute),
    freeze: true,
  });
  const found: Record<string, Float32Array> = {};
  for (let at = 0; at < indices.length; at += batch) {
    const start = Math.min(at, indices.length - batch); // the last batch overlaps the one before it
    const rows = await program.run({ images: toFloat(split, indices.slice(start, start + batch)) });
    for (const [name, values] of Object.entries(rows)) {
      const size = values.length / batch;
      found[name] ??= new Float32Array(indices.length * size);
      found[name].set(values, start * size);
    }
  }
  await program.release();
  return found;
}
