import type { Channels } from "../io/channels.js";
import type { DataReport } from "./report.js";

/**
 * Images of one split as stored: bytes, row-major [count, height, width, channels]. Of four channels the colours are
 * premultiplied by alpha, the fourth.
 */
export interface ImageSplit {
  count: number;
  pixels: Uint8Array;
  /** Class of each image; null where the data has no classes. */
  labels: Uint16Array | null;
  /** Set by every loader of this package. Without it, square images are assumed. */
  channels?: Channels;
}

/** Images of one size with a train and a test split. */
export interface ImageDataset {
  id: string;
  kind: "images";
  height: number;
  width: number;
  channels: Channels;
  classNames: string[] | null;
  /** How often each class is drawn by what draws classes rather than images, relative to the others; default all alike. */
  classWeights?: readonly number[];
  train: ImageSplit;
  test: ImageSplit;
  licence: string;
  attribution: string;
  /** What was read, for data that were found by name or path. */
  report?: DataReport;
}

const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/**
 * The images at `indices` as float32 [n, channels, height, width] in [−1, 1]: byte / 127.5 − 1 (of colours with alpha as
 * premultiplied as they are stored).
 * Writes into `out` if given, which must have exactly that length.
 */
export function toFloat(split: ImageSplit, indices: ArrayLike<number>, out?: Float32Array): Float32Array {
  const size = split.pixels.length / split.count;
  const channels = split.channels ?? inferChannels(size);
  const area = size / channels;
  out ??= new Float32Array(indices.length * size);
  if (out.length !== indices.length * size)
    throw new Error(`toFloat: ${indices.length} images need ${indices.length * size} values, "out" has ${out.length}.`);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(index >= 0 && index < split.count))
      throw new Error(`toFloat: there is no image ${index}; the split has ${split.count}.`);
    const from = index * size;
    for (let c = 0; c < channels; c++) {
      const to = i * size + c * area;
      for (let p = 0; p < area; p++) out[to + p] = UNIT[split.pixels[from + p * channels + c]];
    }
  }
  return out;
}

function inferChannels(size: number): Channels {
  if (Number.isInteger(Math.sqrt(size))) return 1;
  if (Number.isInteger(Math.sqrt(size / 3))) return 3;
  throw new Error(`toFloat: images of ${size} bytes are not square; set "channels" on the split.`);
}
