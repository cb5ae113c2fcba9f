import { writeFileAtomic } from "./atomic.js";
import type { Channels } from "./channels.js";
import { type GridOptions, type Picture, sheetSize, tileImages } from "./grid.js";
import { WrongUse } from "./wrong-use.js";

/** How pictures are written, by the ending of the file's name; a format's sides have at most so many pixels. */
const formats = {
  png: { endings: ["png"], side: 2 ** 31 - 1 },
  webp: { endings: ["webp"], side: 16_383 },
  jpeg: { endings: ["jpg", "jpeg"], side: 65_535 },
  avif: { endings: ["avif"], side: 16_384 },
} as const;
export type PictureFormat = keyof typeof formats;
const formatNames = Object.keys(formats) as PictureFormat[];

/** Pixels of a picture at most. */
const MOST_PIXELS = 16_383 ** 2;

/** The format that a file's name asks for. @throws WrongUse where it ends as none. */
export function pictureFormat(path: string): PictureFormat {
  const ending = /\.([^./\\]*)$/.exec(path)?.[1].toLowerCase();
  const found = formatNames.find((name) => (formats[name].endings as readonly string[]).includes(ending ?? ""));
  if (found) return found;
  const endings = formatNames.flatMap((name) => formats[name].endings).map((one) => `.${one}`);
  throw new WrongUse(`A picture's name ends in ${endings.join(", ")}, got "${path}".`);
}

/** Throws where a picture is larger than its format, or memory, allows. @throws WrongUse */
export function requirePictureSize({ width, height }: Pick<Picture, "width" | "height">, format: PictureFormat): void {
  const { side } = formats[format];
  if (Math.max(width, height) <= side && width * height <= MOST_PIXELS) return;
  const most = side < 2 ** 31 - 1 ? `sides of at most ${side} and ` : "";
  throw new WrongUse(
    `A picture of ${width}×${height} pixels is too large: a ${format.toUpperCase()} has ${most}at most ${MOST_PIXELS} pixels in all.`,
  );
}

/** Encodes 8-bit pixels [height, width, channels] (1 grey, 3 RGB, 4 RGBA); WebP loses nothing, JPEG and AVIF little. */
export async function encodePicture(
  pixels: Uint8Array | Uint8ClampedArray,
  { width, height, channels }: { width: number; height: number; channels: Channels },
  format: PictureFormat,
): Promise<Uint8Array> {
  if (pixels.length !== width * height * channels)
    throw new Error(`${width}×${height}×${channels} pixels do not fit ${pixels.length} bytes.`);
  requirePictureSize({ width, height }, format);
  const { default: sharp } = await import("sharp");
  const raw = sharp(pixels, { raw: { width, height, channels } });
  const image = channels === 1 ? raw.toColourspace("b-w") : raw;
  switch (format) {
    case "png":
      return image.png().toBuffer();
    case "webp":
      return image.webp({ lossless: true }).toBuffer();
    case "jpeg":
      return image.flatten({ background: "white" }).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    case "avif":
      return image.avif({ quality: 90 }).toBuffer();
  }
}

/** Encodes 8-bit pixels [height, width, channels] as PNG. */
export const encodePng = (
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: Channels,
): Promise<Uint8Array> => encodePicture(pixels, { width, height, channels }, "png");

/** Writes 8-bit pixels as a PNG file, atomically; missing folders are made. @throws where its name ends otherwise. */
export async function savePng(
  path: string,
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: Channels,
): Promise<void> {
  if (pictureFormat(path) !== "png") throw new WrongUse(`A PNG's name ends in .png, got "${path}".`);
  await writeFileAtomic(path, await encodePng(pixels, width, height, channels));
}

/**
 * Writes many images as one sheet, as the name's ending says; arguments as `tileImages`. @throws before anything is
 * drawn or written where the ending is no picture's, or the sheet would be too large.
 */
export async function saveGrid(
  path: string,
  images: Float32Array | Uint8Array,
  shape: readonly [number, number, number, number],
  options?: GridOptions,
): Promise<void> {
  await writeFileAtomic(path, await encodeGrid(pictureFormat(path), images, shape, options));
}

/** Many images as one encoded sheet; arguments as `tileImages`. */
export async function encodeGrid(
  format: PictureFormat,
  images: Float32Array | Uint8Array,
  shape: readonly [number, number, number, number],
  options?: GridOptions,
): Promise<Uint8Array> {
  requirePictureSize(sheetSize(shape, options), format);
  const { pixels, ...size } = tileImages(images, shape, options);
  return encodePicture(pixels, size, format);
}
