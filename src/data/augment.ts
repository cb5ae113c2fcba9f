import type { Random } from "../random/index.js";

/** Augmentations of the feature networks' training images; generative training sees none of them. */
export interface Augmentation {
  /** Mirrors half of the images. */
  flip?: boolean;
  /** Adds Gaussian noise to half of the images, of a deviation uniform in [0, noise]. */
  noise?: number;
  /** Moves images by up to this many pixels in both directions, repeating the border. */
  shift?: number;
}

/** Augments images [N, C, H, W] in place and returns them. */
export function augment(
  images: Float32Array,
  [n, c, h, w]: readonly [number, number, number, number],
  { flip, noise, shift }: Augmentation,
  random: Random,
): Float32Array {
  const size = c * h * w;
  const copy = new Float32Array(size);
  for (let i = 0; i < n; i++) {
    const image = images.subarray(i * size, (i + 1) * size);
    const mirrored = flip ? random.uniform() < 0.5 : false;
    const dx = shift ? random.integer(2 * shift + 1) - shift : 0;
    const dy = shift ? random.integer(2 * shift + 1) - shift : 0;
    if (mirrored || dx !== 0 || dy !== 0) {
      copy.set(image);
      for (let k = 0; k < c; k++)
        for (let y = 0; y < h; y++) {
          const from = (k * h + Math.min(h - 1, Math.max(0, y + dy))) * w;
          for (let x = 0; x < w; x++) {
            const at = Math.min(w - 1, Math.max(0, x + dx));
            image[(k * h + y) * w + x] = copy[from + (mirrored ? w - 1 - at : at)];
          }
        }
    }
    if (noise && random.uniform() < 0.5) {
      const deviation = noise * random.uniform();
      for (let j = 0; j < size; j++) image[j] += deviation * random.normal();
    }
  }
  return images;
}
