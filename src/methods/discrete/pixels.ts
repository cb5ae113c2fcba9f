/** Level of a byte: equal parts of 0 … 255. */
export const quantise = (byte: number, levels: number): number => Math.floor((byte * levels) / 256);

/** Tokens [n] of pixels in [−1, 1] as pictures: level j of K becomes 2j/(K − 1) − 1. */
export const levelsToPixels = (tokens: ArrayLike<number>, levels: number): Float32Array =>
  Float32Array.from(tokens, (token) => (2 * token) / (levels - 1) - 1);
