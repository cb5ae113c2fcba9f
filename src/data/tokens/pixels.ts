import type { ImageDataset, ImageSplit } from "../index.js";

/** Level of a byte: equal parts of 0 … 255. */
export const quantise = (byte: number, levels: number): number => Math.floor((byte * levels) / 256);

/** Tokens [n] of pixels in [−1, 1] as pictures: level j of K becomes 2j/(K − 1) − 1. */
export const levelsToPixels = (tokens: ArrayLike<number>, levels: number): Float32Array =>
  Float32Array.from(tokens, (token) => (2 * token) / (levels - 1) - 1);

/** The same images with every byte rounded to one of `levels`: what a model of these tokens can draw. */
export function quantised(dataset: ImageDataset, levels: number): ImageDataset {
  const table = Uint8Array.from({ length: 256 }, (_, byte) =>
    Math.round((255 * quantise(byte, levels)) / (levels - 1)),
  );
  const split = (part: ImageSplit): ImageSplit => ({ ...part, pixels: part.pixels.map((byte) => table[byte]) });
  return { ...dataset, train: split(dataset.train), test: split(dataset.test) };
}
