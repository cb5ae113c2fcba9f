import { type Channels, isChannels, straight } from "./channels.js";
import { requireKnown } from "./known.js";

/** An 8-bit picture: rows top to bottom, [height, width, channels]; a fourth channel is alpha. */
export interface Picture {
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: Channels;
}

export interface GridOptions {
  /** Default: as square as possible. */
  columns?: number;
  /** Whole-number magnification, each pixel becoming scale × scale. Default 1. */
  scale?: number;
  /** Pixels between and around the images, after scaling. Default 2. */
  gap?: number;
  /**
   * Grey level of the gaps, 0–255, and behind what is transparent. Default 255, and of images with alpha none: they and
   * the gaps stay transparent.
   */
  background?: number;
  /** Axis order of the input. `shape` is given in the same order. Default "NCHW". */
  layout?: "NCHW" | "NHWC";
}

const clamped = (level: number): number => Math.min(255, Math.max(0, Math.round(level)));

/** [−1, 1] → 0–255: round((x + 1) · 127.5), clamped. NaN stays NaN, which a byte array stores as 0. */
export const toByte = (x: number): number => clamped((x + 1) * 127.5);

/** Size of the sheet that `tileImages` makes. @throws where it makes none. */
export function sheetSize(shape: readonly [number, number, number, number], options: GridOptions = {}) {
  requireKnown("a sheet", options, ["columns", "scale", "gap", "background", "layout"]);
  const { layout = "NCHW", scale = 1, gap = 2, background = 255 } = options;
  const [count, channels, high, wide] = layout === "NCHW" ? shape : ([shape[0], shape[3], shape[1], shape[2]] as const);
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(count)), Math.max(1, count));
  if (!isChannels(channels)) throw new Error(`An image has 1, 3 or 4 channels, got ${channels} (${layout}).`);
  for (const [name, value, least] of [
    ["count", count, 1],
    ["columns", columns, 1],
    ["scale", scale, 1],
    ["gap", gap, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new Error(`${name} must be an integer of at least ${least}, got ${value}.`);
  if (!(Number.isInteger(background) && background >= 0 && background <= 255))
    throw new Error(`background must be a grey level from 0 to 255, got ${background}.`);
  const width = columns * (wide * scale + gap) + gap;
  const height = Math.ceil(count / columns) * (high * scale + gap) + gap;
  return { width, height, columns, image: { count, channels, height: high, width: wide } } as const;
}

/**
 * Tiles N images into one sheet, row by row. Float pixels are in [−1, 1], bytes are taken as they are.
 * `shape` is [N, C, H, W], or [N, H, W, C] with `layout: "NHWC"`; C is 1, 3 or 4. Of four channels the colours are
 * premultiplied by alpha; the sheet has them straight, as picture files do, or with a `background` is of three.
 */
export function tileImages(
  images: Float32Array | Uint8Array,
  shape: readonly [number, number, number, number],
  options: GridOptions = {},
): Picture {
  const { layout = "NCHW", scale = 1, gap = 2, background = 255 } = options;
  const { width: sheetWidth, height: sheetHeight, columns, image } = sheetSize(shape, options);
  const { count, channels, height, width } = image;
  if (images.length !== count * channels * height * width)
    throw new Error(`A grid of shape [${shape}] does not fit ${images.length} values.`);
  const clear = channels === 4 && options.background === undefined;
  const planes = channels === 4 && !clear ? 3 : channels;
  const pixels = new Uint8Array(sheetWidth * sheetHeight * planes).fill(clear ? 0 : background);
  const level = images instanceof Uint8Array ? (x: number) => x : (x: number) => (x + 1) * 127.5;
  const [pixelStride, channelStride] = layout === "NCHW" ? [1, height * width] : [channels, 1];
  for (let n = 0; n < count; n++) {
    const left = (n % columns) * (width * scale + gap) + gap;
    const top = Math.floor(n / columns) * (height * scale + gap) + gap;
    for (let y = 0; y < height * scale; y++)
      for (let x = 0; x < width * scale; x++) {
        const from =
          n * channels * height * width + (Math.floor(y / scale) * width + Math.floor(x / scale)) * pixelStride;
        const to = ((top + y) * sheetWidth + left + x) * planes;
        const alpha = channels === 4 ? level(images[from + 3 * channelStride]) : 255;
        const behind = clear ? 0 : ((255 - alpha) * background) / 255;
        for (let c = 0; c < planes; c++) {
          const own = level(images[from + c * channelStride]);
          pixels[to + c] = clamped(clear && c < 3 ? straight(own, alpha) : own + behind);
        }
      }
  }
  return { pixels, width: sheetWidth, height: sheetHeight, channels: planes };
}
