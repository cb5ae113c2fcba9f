import { Images } from "../media/images.js";
import { BODY, FULL_BODY } from "../motion/index.js";
import { Pictures } from "./pictures.js";

/** Pictures as they cross to another thread. */
interface PicturesMessage {
  readonly $pictures: Pick<Images, "pixels" | "count" | "channels" | "height" | "width" | "labels">;
}

/** Bodies that all motions share. */
const BODIES = { BODY, FULL_BODY } as const;
type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const isArray = (value: unknown): value is Float32Array | Int32Array | Uint8Array =>
  value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint8Array;
const mapValues = (value: Plain, of: (value: unknown) => unknown): Plain =>
  Object.fromEntries(Object.entries(value).map(([name, own]) => [name, of(own)]));

/**
 * A value as it crosses to another thread. A view of a part of a buffer is copied, since the whole would cross, and so
 * are objects and lists, since a framework's reactive ones could not. The bodies that all motions share cross by
 * their names: their buffers must stay here.
 */
export function pack(value: unknown): unknown {
  if (value instanceof Pictures) {
    const { pixels, count, channels, height, width, labels } = value.images;
    return { $pictures: pack({ pixels, count, channels, height, width, labels }) };
  }
  const body = Object.entries(BODIES).find(([, own]) => own === value);
  if (body) return { $body: body[0] };
  if (isArray(value)) return value.byteLength === value.buffer.byteLength ? value : value.slice();
  if (Array.isArray(value)) return value.map(pack);
  return isPlain(value) ? mapValues(value, pack) : value;
}

/** The value again. */
export function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (!isPlain(value)) return value;
  if ("$body" in value) return BODIES[value.$body as keyof typeof BODIES];
  if (!("$pictures" in value)) return mapValues(value, unpack);
  const { pixels, count, channels, height, width, labels } = (value as unknown as PicturesMessage).$pictures;
  return new Pictures(new Images(pixels, count, channels, height, width, labels));
}

/** Buffers of a packed value, which can be handed over instead of copied. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (isArray(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  return isPlain(value) ? [...new Set(Object.values(value).flatMap(buffersOf))] : [];
}
