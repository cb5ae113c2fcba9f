import { crc32, deflateSync } from "node:zlib";
import { Images } from "../media/images.js";
import type { ImageBatch } from "./protocol.js";

/** Formats of pictures in answers, by their media type. */
export const pictureTypes = { "image/png": "png", "image/webp": "webp", "image/jpeg": "jpeg" } as const;
export type AnswerFormat = (typeof pictureTypes)[keyof typeof pictureTypes];

export const imagesOf = ({ pixels, count, channels, height, width, labels }: ImageBatch): Images =>
  new Images(pixels, count, channels, height, width, labels);

/** Each picture of a batch as a file, with its pixels enlarged. */
export const encodeEach = (batch: ImageBatch, format: AnswerFormat, scale = 1): Promise<Uint8Array[]> =>
  Promise.all(Array.from(imagesOf(batch), (image) => encodeOne(image, format, scale)));

/** All pictures of a batch as one file: a single one as it is, several as a sheet. */
export async function encodeAll(batch: ImageBatch, format: AnswerFormat): Promise<Uint8Array> {
  const images = imagesOf(batch);
  return images.count === 1 ? encodeOne(images, format, 1) : encode(images, format);
}

const encodeOne = async (image: Images, format: AnswerFormat, scale: number): Promise<Uint8Array> =>
  format === "png" ? smallPng(image, scale) : encode(image, format, scale);

function encode(images: Images, format: AnswerFormat, scale = 1): Promise<Uint8Array> {
  if (format === "png") return images.toPng({ scale });
  return format === "webp" ? images.toWebp({ scale }) : images.toJpeg({ scale });
}

/**
 * A picture as PNG, pixel for pixel what `toPng` gives. For pictures as small as these, starting sharp's pipeline takes
 * 20 times as long as compressing them.
 */
function smallPng(image: Images, scale: number): Uint8Array {
  const { channels, height, width } = image;
  const [high, wide] = [height * scale, width * scale];
  const rgba = image.toRgba();
  const row = 1 + wide * channels; // each row begins with its filter: none
  const raw = Buffer.alloc(high * row);
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      const from = Math.floor(y / scale) * width + Math.floor(x / scale);
      for (let c = 0; c < channels; c++) raw[y * row + 1 + x * channels + c] = rgba[4 * from + c];
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(wide, 0);
  header.writeUInt32BE(high, 4);
  header[8] = 8; // bits
  header[9] = { 1: 0, 3: 2, 4: 6 }[channels]; // grey, RGB or RGBA
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", deflateSync(raw)), chunk("IEND")]);
}

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(8 + body.length);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), 4 + body.length);
  return whole;
}
