import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import type { Channels } from "../io/channels.js";
import { decodeImage, inspectImage } from "../io/index.js";
import { Images } from "../media/images.js";
import type { OptionInfo } from "../models/options.js";
import { badField } from "./errors.js";

/** A form: its fields as texts, its files as bytes. */
export interface Form {
  readonly fields: Record<string, string>;
  readonly files: readonly { readonly field: string; readonly bytes: Uint8Array }[];
}

/** Reads a form. @throws HttpError where it is none, is cut off, or has a field twice, but for files */
export async function readForm(request: FastifyRequest): Promise<Form> {
  if (!request.isMultipart()) throw badField(null, "Send a form (multipart/form-data) with the picture as image.");
  try {
    return await partsOf(request);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== undefined) throw error;
    throw badField(null, `The form cannot be read: ${(error as Error).message}.`); // what its parser says of a damaged one
  }
}

async function partsOf(request: FastifyRequest): Promise<Form> {
  const fields: Record<string, string> = Object.create(null);
  const files: { field: string; bytes: Uint8Array }[] = [];
  for await (const part of request.parts()) {
    if (part.type === "file") {
      files.push({ field: part.fieldname.replace(/\[\]$/, ""), bytes: await (part as MultipartFile).toBuffer() });
      continue;
    }
    if (part.fieldname in fields) throw badField(part.fieldname, `${part.fieldname} is given twice.`);
    fields[part.fieldname] = String(part.value);
  }
  return { fields: { ...fields }, files };
}

/** The value of a field of a form, as an option's schema takes it; what cannot be read stays text, to be refused there. */
export function fromText({ type }: OptionInfo, text: string): unknown {
  if (type === "string") return text;
  if (type === "texts" && !text.startsWith("[")) return text.split(",");
  if (type === "list" && !text.startsWith("[")) return text.split(",").map(Number);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

/**
 * A picture of a form as the model takes it: pixels [1, channels, height, width] in [−1, 1]. One whose sides are a whole
 * number of times the model's is reduced by taking means; any other only with `resize`. @throws HttpError
 */
export async function readPicture(bytes: Uint8Array, field: string, size: Size, resize: boolean): Promise<Images> {
  const { width, height, channels } = size;
  const found = await readable(field, () => inspectImage(bytes));
  const times = found.width / width;
  const whole = Number.isInteger(times) && times >= 1 && found.height === height * times;
  if (!whole && !resize)
    throw badField(
      field,
      `${field} is ${found.width}×${found.height}, and the model's pictures are ${width}×${height}: send that size, a whole number of times it, or resize=true.`,
    );
  const picture = await readable(field, () => decodeImage(bytes, { channels, ...(!whole && { width, height }) }));
  const by = whole ? times : 1;
  const pixels = new Float32Array(channels * height * width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let dy = 0; dy < by; dy++)
          for (let dx = 0; dx < by; dx++)
            sum += picture.pixels[((y * by + dy) * picture.width + x * by + dx) * channels + c];
        pixels[(c * height + y) * width + x] = sum / (by * by) / 127.5 - 1;
      }
  return new Images(pixels, 1, channels, height, width);
}

/**
 * The mask of a form [height·width], 1 where a pixel is to be filled in: where the mask is transparent (as the OpenAI
 * API has it) or, where nothing is transparent, white: many programs write a channel for that which says nothing.
 */
export async function readMask(bytes: Uint8Array, size: Size, resize: boolean): Promise<Float32Array> {
  const { transparent } = await readable("mask", () => inspectImage(bytes));
  const seen = transparent ? await readable("mask", () => holesOf(bytes)) : bytes;
  const { pixels } = await readPicture(seen, "mask", { ...size, channels: 1 }, resize);
  return pixels.map((value) => (value > 0 ? 1 : 0));
}

/** Where a picture with a channel for it is transparent, white; itself where nothing is. */
async function holesOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { isOpaque } = await sharp(bytes).stats();
  return isOpaque ? bytes : sharp(bytes).extractChannel("alpha").negate().png().toBuffer();
}

async function readable<T>(field: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const why = (error as Error).message.replace(/^Could not read the image \d+ bytes: /, "");
    throw badField(field, `${field} cannot be read as a picture: ${why}.`);
  }
}
