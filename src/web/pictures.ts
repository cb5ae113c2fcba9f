import type { Channels } from "../io/channels.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import { Images } from "../media/images.js";

/** Pictures as web pages want them. */
export class Pictures implements Iterable<ImageData> {
  constructor(readonly images: Images) {}

  get count(): number {
    return this.images.count;
  }
  get width(): number {
    return this.images.width;
  }
  get height(): number {
    return this.images.height;
  }
  get labels(): Int32Array | null {
    return this.images.labels;
  }

  *[Symbol.iterator](): Iterator<ImageData> {
    for (let i = 0; i < this.count; i++) yield this.imageData(i);
  }

  /** Picture i, from the end where it is negative. @throws where there is none */
  imageData(i = 0): ImageData {
    return this.images.toImageData(i);
  }

  imageBitmap(i = 0): Promise<ImageBitmap> {
    return createImageBitmap(this.imageData(i));
  }

  /** All pictures as one file, side by side; a single one without a border. */
  blob(type: "image/png" | "image/webp" | "image/jpeg" = "image/png"): Promise<Blob> {
    return this.images.toBlob(type);
  }
}

/** Luma of red, green and blue (Rec. 601). */
const LUMA = [0.299, 0.587, 0.114];

/**
 * Pictures of one size as a model sees them, with 1, 3 or 4 channels; colours become grey for one, and transparent pixels
 * are laid on black but for four. @throws OptionError
 */
export function toImages(given: Pictures | ImageData | readonly ImageData[], channels: Channels): Images {
  if (given instanceof Pictures) return given.images;
  const list = Array.isArray(given) ? (given as readonly ImageData[]) : [given as ImageData];
  const bad = list.find((one) => !(one?.data instanceof Uint8ClampedArray && one.width > 0 && one.height > 0));
  if (list.length === 0 || bad !== undefined)
    throw new OptionError(`Pictures are Pictures, an ImageData or a list of them, got ${show(bad ?? list)}.`);
  const [{ width, height }] = list;
  const other = list.find((one) => one.width !== width || one.height !== height);
  if (other)
    throw new OptionError(`Pictures are of one size, got ${width}×${height} and ${other.width}×${other.height}.`);
  const area = width * height;
  const pixels = new Float32Array(list.length * channels * area);
  list.forEach(({ data }, n) => {
    for (let i = 0; i < area; i++) {
      const at = 4 * i;
      const alpha = data[at + 3] / 255;
      const level = (value: number) => Math.min(1, (value * alpha) / 127.5 - 1);
      if (channels === 1) pixels[n * area + i] = level(LUMA.reduce((sum, weight, c) => sum + weight * data[at + c], 0));
      else for (let c = 0; c < 3; c++) pixels[(n * channels + c) * area + i] = level(data[at + c]);
      if (channels === 4) pixels[(n * 4 + 3) * area + i] = data[at + 3] / 127.5 - 1;
    }
  });
  return new Images(pixels, list.length, channels, height, width);
}
