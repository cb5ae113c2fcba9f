import { readFile } from "node:fs/promises";
import type { Sharp } from "sharp";
import { type Channels, premultiply } from "./channels.js";
import type { Picture } from "./grid.js";
import { reading } from "./reading.js";

export interface DecodeOptions {
  /** Output size in pixels; by default the picture's own, or in proportion if only one is given. */
  width?: number;
  height?: number;
  /**
   * 1 (grey), 3 (sRGB, default) or 4 (sRGB premultiplied by alpha, and alpha). Without alpha,
   * what is transparent is composited on the background.
   */
  channels?: Channels;
  /** How a picture of another aspect ratio meets the size: crop to the centre (default), distort, or pad. */
  fit?: "cover" | "fill" | "contain";
  /** Colour behind transparent pixels and of padding: a CSS colour. Default white; not used with alpha. */
  background?: string;
  /** Frame of an animated file, or page of one with several, from 0 (default). */
  frame?: number;
  /** What is white in a 16-bit picture that holds fewer bits, such as 4095 of 12; default 65535. */
  white?: number;
  /** Refuses also what other programs overlook, such as a JPEG without its end marker. */
  strict?: boolean;
}

/** What a picture's file says of itself. */
export interface PictureInfo {
  /** Size when upright. */
  width: number;
  height: number;
  grey: boolean;
  transparent: boolean;
  /** Frames of an animated file, or pages; 1 of any other. */
  frames: number;
  /** The largest value of a 16-bit picture's colours; null of any other picture. */
  largest: number | null;
}

/**
 * Reads a PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG or BMP from a path or bytes, turned upright by its EXIF orientation.
 * Floating-point pixels are taken from [0, 1]. A picture that is cut off is refused; lesser faults, which every viewer
 * overlooks, are overlooked.
 */
export async function decodeImage(source: string | Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  return named(source, async (bytes) => {
    try {
      return await decode(bytes, options, "warning");
    } catch (error) {
      if (options.strict) throw error;
    }
    const whole = withEnd(bytes);
    const message = await decode(whole, options, "warning").catch((error: Error) => error.message);
    if (typeof message !== "string") return message;
    if (/premature end|bad huffman/i.test(message)) throw new Error(message);
    return decode(whole, options, "error");
  });
}

/** Reads the header of a picture that `decodeImage` reads, and of a 16-bit one its values. */
export async function inspectImage(source: string | Uint8Array): Promise<PictureInfo> {
  return named(source, async (bytes) => {
    const { default: sharp } = await import("sharp");
    if (isBmp(bytes)) {
      const { width, height, data } = await decodeBmp(bytes);
      const grey = data.every((value, i) => i % 4 === 3 || i % 4 === 0 || value === data[i - 1]);
      return { width, height, grey, transparent: false, frames: 1, largest: null };
    }
    const image = sharp(bytes, { failOn: "none" });
    const { space, depth, hasAlpha, pages, autoOrient } = await image.metadata();
    const { channels } = depth === "uchar" ? { channels: [] } : await image.stats();
    const colours = hasAlpha ? channels.slice(0, -1) : channels; // alpha is of 16 bits whatever the colours are of
    const [least, largest] = [Math.min(...colours.map((c) => c.min)), Math.max(...colours.map((c) => c.max))];
    if (depth !== "uchar" && depth !== "ushort" && !isFloat(depth))
      throw new Error(`its pixels are of the type ${depth}; save it with 8 or 16 bits`);
    if (isFloat(depth) && hasAlpha)
      throw new Error("its floating-point pixels are transparent; save it with 8 or 16 bits");
    if (isFloat(depth) && !(least >= 0 && largest <= 1))
      throw new Error(`its floating-point pixels go from ${least} to ${largest}; scale them to 0 … 1`);
    return {
      width: autoOrient.width,
      height: autoOrient.height,
      grey: space in GREY,
      transparent: hasAlpha === true,
      frames: pages ?? 1,
      largest: depth === "ushort" ? largest : null,
    };
  });
}

/** Red, green and blue of a CSS colour, 0 … 255. Throws where it is none, or not opaque. */
export async function colourOf(colour: string): Promise<[number, number, number]> {
  const { default: sharp } = await import("sharp");
  const create = { width: 1, height: 1, channels: 4 as const, background: colour };
  const pixel = await Promise.resolve()
    .then(() => sharp({ create }).raw().toBuffer())
    .catch(() => null);
  if (pixel?.[3] !== 255)
    throw new Error(`The background is a colour such as white, black or #3366ff; got "${colour}".`);
  return [pixel[0], pixel[1], pixel[2]];
}

async function decode(bytes: Uint8Array, options: DecodeOptions, failOn: "warning" | "error"): Promise<Picture> {
  const { width, height, channels = 3, fit = "cover", background = "white", frame = 0, white = 65535 } = options;
  const { default: sharp } = await import("sharp");
  const bmp = isBmp(bytes) ? await decodeBmp(bytes) : null;
  let image: Sharp = bmp
    ? sharp(bmp.data, { raw: { width: bmp.width, height: bmp.height, channels: 4 } })
    : sharp(bytes, { failOn, page: frame });
  const { depth, space, hasAlpha } = await image.metadata();
  if (channels === 3 && hasAlpha && GREY[space]) {
    // What is grey would stay grey on a background in colour
    const coloured = await image.autoOrient().toColourspace(GREY[space]).png().toBuffer();
    image = sharp(coloured);
  }
  const stretched = depth === "ushort" && white < 65535;
  const clear = { r: 0, g: 0, b: 0, alpha: 0 };
  // sharp takes a colour in 8 bits, and multiplies it by 256 for a picture of 16
  const factor = stretched ? white / 255 / 256 : isFloat(depth) ? 1 / 255 : 1;
  const behind = channels === 4 ? clear : await scaled(background, factor);
  image = image.autoOrient();
  if (channels < 4) image = image.flatten({ background: behind });
  if (width !== undefined || height !== undefined) image = image.resize({ width, height, fit, background: behind });
  if (isFloat(depth)) image = image.linear(255, 0);
  image = image.toColourspace(stretched ? SPACES[channels].deep : SPACES[channels].plain);
  const { data, info } = await image
    .raw({ depth: stretched ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const opaque = channels === 4 && info.channels === 3;
  if (info.channels !== channels && !opaque)
    throw new Error(`it decoded to ${info.channels} channels instead of ${channels}`);
  const most = (i: number) => (info.channels === 4 && i % 4 === 3 ? 65535 : white);
  const levels = stretched
    ? Uint8Array.from(new Uint16Array(new Uint8Array(data).buffer), (x, i) =>
        Math.min(255, Math.round((x * 255) / most(i))),
      )
    : new Uint8Array(data);
  const pixels = opaque ? withAlpha(levels) : channels === 4 ? premultiply(levels) : levels;
  return { pixels, width: info.width, height: info.height, channels };
}

/** Spaces of grey pictures, and those of the same pictures in colour. */
const GREY: Record<string, string> = { "b-w": "srgb", grey16: "rgb16" };

/** A colour that becomes `background` when the pixels' values are brought to their full range. */
async function scaled(background: string, factor: number) {
  if (factor === 1) return background;
  const [r, g, b] = (await colourOf(background)).map((value) => value * factor);
  return { r, g, b };
}

/** RGB bytes as RGBA of which nothing is transparent. */
const withAlpha = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: (rgb.length / 3) * 4 }, (_, i) => (i % 4 === 3 ? 255 : rgb[(i >> 2) * 3 + (i % 4)]));

const COLOUR = { plain: "srgb", deep: "rgb16" } as const;
const SPACES = { 1: { plain: "b-w", deep: "grey16" }, 3: COLOUR, 4: COLOUR } as const;

const isFloat = (depth?: string) => depth === "float" || depth === "double";

const isBmp = (bytes: Uint8Array) => bytes[0] === 0x42 && bytes[1] === 0x4d;

async function decodeBmp(bytes: Uint8Array) {
  const { default: nsbmp } = await import("@cwasm/nsbmp");
  return nsbmp.decode(bytes);
}

/** A JPEG with the end marker that it may lack. */
function withEnd(bytes: Uint8Array): Uint8Array {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isJpeg || (bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9)) return bytes;
  return Buffer.concat([bytes, Uint8Array.of(0xff, 0xd9)]);
}

/** Errors name the picture and say, in plain words, what is wrong with it. */
async function named<T>(source: string | Uint8Array, act: (bytes: Uint8Array) => Promise<T>): Promise<T> {
  const bytes = typeof source === "string" ? await reading(source, () => readFile(source)) : source;
  try {
    return await act(bytes);
  } catch (error) {
    const name = typeof source === "string" ? source : `${source.length} bytes`;
    throw new Error(`Could not read the image ${name}: ${reasonOf(bytes, (error as Error).message)}`, { cause: error });
  }
}

function reasonOf(bytes: Uint8Array, message: string): string {
  if (bytes.length === 0) return "it is empty";
  if (/unsupported image format/i.test(message)) return "it is no picture of a known format";
  if (/premature end|unexpected end|read error|libspng.*end|not enough data|truncated/i.test(message))
    return "it is cut off";
  return message.split("\n")[0];
}
