import type { Channels } from "../../io/channels.js";
import type { Work } from "../../runtime/release.js";
import type { Tensor } from "../../tensor/index.js";

/** A feature space that images are compared in. */
export interface Extractor extends AsyncDisposable {
  /** How reports call it. */
  readonly name: string;
  /** How an image becomes its input, for those who want the same numbers elsewhere. */
  readonly preprocessing: string;
  readonly dim: number;
  /** Images that it computes at a time, the last ones filled up; whoever divides images keeps to multiples of it. */
  readonly batch?: number;
  /**
   * Features [count, dim] of images [count, channels, height, width] in [−1, 1], of the size that it was made for;
   * logits [count, classes] too where it classifies the data's own classes.
   */
  extract(
    images: Float32Array,
    count: number,
    options?: { signal?: AbortSignal },
  ): Promise<{ features: Float32Array; logits: Float32Array | null }>;
  release(): Promise<void>;
}

/** Images that are held as floats at a time, where not all have to be: about a thousand, in whole batches. */
export function chunkOf({ batch = 1 }: Extractor): number {
  return Math.ceil(1000 / batch) * batch;
}

/** Rows one part after the other. */
export function joinRows(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The size of a data set's images. */
export interface ImageSize {
  height: number;
  width: number;
  channels: Channels;
}

/** Throws unless there are `count` images of a size. */
export function requireImages(images: Float32Array, count: number, { channels, height, width }: ImageSize): void {
  if (!(Number.isInteger(count) && count >= 1) || images.length !== count * channels * height * width)
    throw new Error(
      `${count} images of ${width}×${height}×${channels} have ${count * channels * height * width} pixels, got ${images.length}.`,
    );
}

/**
 * Runs `program` on consecutive batches of images [batch, …], the last one filled up with zeros, and gathers the rows
 * [count, dim] of its output.
 */
export async function gatherFeatures(
  images: Float32Array,
  { count, batch, dim, image }: { count: number; batch: number; dim: number; image: ImageSize },
  program: (images: Float32Array) => Promise<Float32Array>,
  { work, signal: given }: { work: Work; signal?: AbortSignal },
): Promise<Float32Array> {
  requireImages(images, count, image);
  const size = images.length / count;
  const signal = work.signal(given);
  const features = new Float32Array(count * dim);
  for (let at = 0; at < count; at += batch) {
    const n = Math.min(batch, count - at);
    const part = new Float32Array(batch * size);
    part.set(images.subarray(at * size, (at + n) * size));
    features.set((await work.run(signal, () => program(part))).subarray(0, n * dim), at * dim);
  }
  return features;
}

/**
 * Images [N, 1, 3 or 4, H, W] as three channels of `size`: grey is repeated, what is transparent is laid on white, scaling
 * is bilinear (antialiased where it shrinks).
 */
export function scaleRgb(images: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [n, channels, h, w] = images.shape;
  const opaque = channels === 4 ? onWhite(images) : images;
  const scaled =
    h === height && w === width ? opaque : opaque.resize([height, width], { mode: "bilinear", antialias: true });
  return scaled.broadcastTo([n, 3, height, width]);
}

/** Premultiplied colours and alpha [N, 4, H, W] on white: colour + (1 − alpha), all in [−1, 1]. */
function onWhite(images: Tensor): Tensor {
  const [colours, alpha] = images.split([3, 1], 1);
  return colours.sub(alpha).add(1).clamp(-1, 1);
}
