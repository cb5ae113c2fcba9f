import { type Channels, isChannels, straight } from "../io/channels.js";
import type { GridOptions } from "../io/grid.js";
import type { PictureFormat } from "../io/images.js";
import { type Media, placeIn } from "./media.js";

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** A batch of images; iterated over, it gives each as a batch of one. */
export class Images implements Media, Iterable<Images> {
  readonly kind = "image";
  readonly mimeType = "image/png";

  /** @throws where the numbers do not fit each other, or a pixel is outside [−1, 1]: nothing is clipped unsaid. */
  constructor(
    /**
     * Row-major [count, channels, height, width], values in [−1, 1]; with a fourth channel, which is alpha, the colours are
     * premultiplied by it.
     */
    readonly pixels: Float32Array,
    readonly count: number,
    readonly channels: Channels,
    readonly height: number,
    readonly width: number,
    /** Class index of each image, where the model is conditional. */
    readonly labels: Int32Array | null = null,
  ) {
    for (const [name, value] of Object.entries({ count, height, width }))
      if (!(Number.isInteger(value) && value >= 1))
        throw new Error(`${name} of images must be a whole number of at least 1, got ${value}.`);
    if (!isChannels(channels)) throw new Error(`Images have 1, 3 or 4 channels, got ${channels}.`);
    if (!(pixels instanceof Float32Array)) throw new Error("The pixels of images are a Float32Array.");
    const size = channels * height * width;
    if (pixels.length !== count * size)
      throw new Error(
        `${count} × ${channels} × ${height} × ${width} images have ${count * size} pixels, got ${pixels.length}.`,
      );
    if (labels && labels.length !== count)
      throw new Error(`${count} images have as many labels, got ${labels.length}.`);
    const bad = pixels.findIndex((value) => !(value >= -1 && value <= 1));
    if (bad >= 0)
      throw new Error(`Pixels must be numbers in [−1, 1], got ${pixels[bad]} in image ${Math.floor(bad / size)}.`);
  }

  get shape(): [number, number, number, number] {
    return [this.count, this.channels, this.height, this.width];
  }

  /** Image `index` by itself, from the end where it is negative; its pixels are a view. @throws where there is none. */
  at(index: number): Images {
    const { count, channels, height, width, labels } = this;
    const i = placeIn(count, index, "image");
    const size = channels * height * width;
    const pixels = this.pixels.subarray(i * size, (i + 1) * size);
    return new Images(pixels, 1, channels, height, width, labels === null ? null : labels.slice(i, i + 1));
  }

  *[Symbol.iterator](): Generator<Images, void, void> {
    for (let i = 0; i < this.count; i++) yield this.at(i);
  }

  /** Image `index` as RGBA bytes, row by row, as canvases have them: colours are not premultiplied. */
  toRgba(index = 0): Uint8ClampedArray<ArrayBuffer> {
    const { pixels, channels, height, width } = this.at(index);
    const area = height * width;
    const rgba = new Uint8ClampedArray(area * 4);
    const level = (channel: number, i: number) => (pixels[channel * area + i] + 1) * 127.5;
    for (let i = 0; i < area; i++) {
      const alpha = channels === 4 ? level(3, i) : 255;
      for (let c = 0; c < 3; c++) rgba[4 * i + c] = straight(level(channels === 1 ? 0 : c, i), alpha);
      rgba[4 * i + 3] = alpha;
    }
    return rgba;
  }

  /** Image `index` for a canvas. Browsers only. */
  toImageData(index = 0): ImageData {
    if (typeof ImageData === "undefined") throw new Error("ImageData is a browser's; in Node use toRgba or toPng.");
    return new ImageData(this.toRgba(index), this.width, this.height);
  }

  /** Image `index` to be drawn, with `drawImage` say. Browsers only. */
  async toImageBitmap(index = 0): Promise<ImageBitmap> {
    return createImageBitmap(this.toImageData(index));
  }

  /** All images as one PNG, laid out as `save` does. Node only. */
  toPng(options?: GridOptions): Promise<Uint8Array> {
    return this.encoded("png", options);
  }

  /** All images as one WebP without loss, laid out as `save` does. Node only. */
  toWebp(options?: GridOptions): Promise<Uint8Array> {
    return this.encoded("webp", options);
  }

  /** All images as one JPEG of quality 95, laid out as `save` does. Node only. */
  toJpeg(options?: GridOptions): Promise<Uint8Array> {
    return this.encoded("jpeg", options);
  }

  /** All images as one picture file in memory, laid out as `save` does: in a browser by its canvas, in Node by sharp. */
  async toBlob(type: "image/png" | "image/webp" | "image/jpeg" = "image/png", options?: GridOptions): Promise<Blob> {
    const format = /^image\/(png|webp|jpeg)$/.exec(type)?.[1] as PictureFormat | undefined;
    if (!format) throw new Error(`type must be image/png, image/webp or image/jpeg, got "${type}".`);
    if (inNode) return new Blob([new Uint8Array(await this.encoded(format, options))], { type });
    const { tileImages } = await import("../io/grid.js");
    const white = format === "jpeg" && this.channels === 4 ? { background: 255 } : {}; // a canvas would take black
    const layout = this.layout({ ...white, ...options });
    const { pixels, width, height, channels } = tileImages(this.pixels, this.shape, layout);
    const sheet = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) sheet.data[4 * i + c] = pixels[i * channels + (channels === 1 ? 0 : c)];
      sheet.data[4 * i + 3] = channels === 4 ? pixels[4 * i + 3] : 255;
    }
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")!.putImageData(sheet, 0, 0);
    return canvas.convertToBlob({ type, quality: 0.95 });
  }

  /**
   * Writes all images as one sheet, as the name's ending says: PNG, WebP, JPEG (transparency on white) or AVIF. A single
   * one (or with `gap: 0`) has no border; images of at most 32 pixels can be shown larger with `scale`. Node only.
   * @throws where the ending is another, or the sheet too large, before anything is written.
   */
  async save(path: string, options?: GridOptions): Promise<void> {
    const { saveGrid } = await import("../io/index.js");
    await saveGrid(path, this.pixels, this.shape, this.layout(options));
  }

  private async encoded(format: PictureFormat, options?: GridOptions): Promise<Uint8Array> {
    const { encodeGrid } = await import("../io/index.js");
    return encodeGrid(format, this.pixels, this.shape, this.layout(options));
  }

  private layout(options: GridOptions = {}): GridOptions {
    return this.count === 1 ? { gap: 0, ...options } : options;
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

/** Every picture of a batch alone. */
export function separateImages({ pixels, count, channels, height, width, labels }: Images): Images[] {
  const size = pixels.length / count;
  return Array.from({ length: count }, (_, i) => {
    const own = pixels.slice(i * size, (i + 1) * size);
    return new Images(own, 1, channels, height, width, labels?.slice(i, i + 1));
  });
}

/** Every picture so many times, one after the other. */
export const repeatImages = (images: Images, times: number): Images =>
  joinImages(separateImages(images).flatMap((one) => Array<Images>(times).fill(one)));
