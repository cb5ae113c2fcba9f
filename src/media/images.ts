import type { GridOptions } from "../io/grid.js";
import type { Media } from "./media.js";

/** A batch of images. */
export class Images implements Media {
  readonly kind = "image";
  readonly mimeType = "image/png";

  constructor(
    /** Row-major [count, channels, height, width], values in [−1, 1]. */
    readonly pixels: Float32Array,
    readonly count: number,
    readonly channels: 1 | 3,
    readonly height: number,
    readonly width: number,
    /** Class index of each image, where the model is conditional. */
    readonly labels: Int32Array | null = null,
  ) {}

  get shape(): [number, number, number, number] {
    return [this.count, this.channels, this.height, this.width];
  }

  /** Image `index` as RGBA bytes, e.g. for a canvas's ImageData. */
  toRgba(index = 0): Uint8ClampedArray<ArrayBuffer> {
    if (!(index >= 0 && index < this.count))
      throw new Error(`There is no image ${index}: the batch has ${this.count}.`);
    const area = this.height * this.width;
    const image = this.pixels.subarray(index * this.channels * area, (index + 1) * this.channels * area);
    const rgba = new Uint8ClampedArray(area * 4);
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) rgba[4 * i + c] = (image[(this.channels === 3 ? c : 0) * area + i] + 1) * 127.5;
      rgba[4 * i + 3] = 255;
    }
    return rgba;
  }

  /**
   * Writes all images as one sheet, as the name's ending says: PNG, WebP, JPEG or AVIF. A single one (or with `gap: 0`)
   * has no border; images of at most 32 pixels can be shown larger with `scale`. Node only. @throws where the ending is
   * another, before anything is written.
   */
  async save(path: string, options: GridOptions = {}): Promise<void> {
    const { saveGrid } = await import("../io/index.js");
    await saveGrid(path, this.pixels, this.shape, { ...(this.count === 1 ? { gap: 0 } : {}), ...options });
  }
}

/** Batches of one size one after the other. */
export function joinImages(parts: readonly Images[]): Images {
  const [{ channels, height, width, labels }] = parts;
  const size = channels * height * width;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const pixels = new Float32Array(count * size);
  const all = labels && new Int32Array(count);
  let at = 0;
  for (const part of parts) {
    pixels.set(part.pixels, at * size);
    all?.set(part.labels!, at);
    at += part.count;
  }
  return new Images(pixels, count, channels, height, width, all);
}
