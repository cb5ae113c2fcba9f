import type { Sharp } from "sharp";
import { writeFileAtomic } from "./atomic.js";
import { type GridOptions, type Picture, tileImages } from "./grid.js";

export interface DecodeOptions {
  /** Output size in pixels; by default the picture's own, or in proportion if only one is given. */
  width?: number;
  height?: number;
  /** 1 (grey) or 3 (sRGB, default). Transparency is composited on white. */
  channels?: 1 | 3;
  /** How a picture of another aspect ratio meets the size: crop to the centre (default), distort, or pad with white. */
  fit?: "cover" | "fill" | "contain";
}

/** Reads a PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG from a path or bytes, turned upright by its EXIF orientation. */
export async function decodeImage(source: string | Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  const { width, height, channels = 3, fit = "cover" } = options;
  const { default: sharp } = await import("sharp");
  try {
    let image: Sharp = sharp(source).autoOrient().flatten({ background: "white" });
    if (width !== undefined || height !== undefined) image = image.resize({ width, height, fit, background: "white" });
    image = channels === 1 ? image.toColourspace("b-w") : image.toColourspace("srgb");
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`it decoded to ${info.channels} channels instead of ${channels}`);
    return { pixels: new Uint8Array(data), width: info.width, height: info.height, channels };
  } catch (error) {
    const name = typeof source === "string" ? source : `${source.length} bytes`;
    throw new Error(`Could not read the image ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Encodes 8-bit pixels [height, width, channels] (1 grey, 3 RGB, 4 RGBA) as PNG. */
export async function encodePng(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: 1 | 3 | 4,
): Promise<Uint8Array> {
  if (pixels.length !== width * height * channels)
    throw new Error(`${width}×${height}×${channels} pixels do not fit ${pixels.length} bytes.`);
  const { default: sharp } = await import("sharp");
  const image = sharp(pixels, { raw: { width, height, channels } });
  return await (channels === 1 ? image.toColourspace("b-w") : image).png().toBuffer();
}

/** Writes 8-bit pixels as a PNG file, atomically; missing folders are made. */
export async function savePng(
  path: string,
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: 1 | 3 | 4,
): Promise<void> {
  await writeFileAtomic(path, await encodePng(pixels, width, height, channels));
}

/** Writes many images as one sheet; arguments as `tileImages`. */
export async function saveGrid(
  path: string,
  images: Float32Array | Uint8Array,
  shape: readonly [number, number, number, number],
  options?: GridOptions,
): Promise<void> {
  const { pixels, width, height, channels } = tileImages(images, shape, options);
  await savePng(path, pixels, width, height, channels);
}
