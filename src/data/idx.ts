import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type DatasetParts, type Part, withSplit } from "./parts.js";

/** An array of bytes in the IDX format of the MNIST family. */
export interface IdxArray {
  shape: number[];
  data: Uint8Array;
}

/** Decodes an IDX file of unsigned bytes, gzipped or not. `name` is for the error. */
export function decodeIdx(file: Uint8Array, name = "IDX file"): IdxArray {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzip(file, name) : file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) throw new Error(`${name} is no IDX file.`);
  if (bytes[2] !== 0x08)
    throw new Error(`${name} holds IDX type 0x${bytes[2].toString(16)}; only unsigned bytes (0x8) are read.`);
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new Error(`${name} is cut off within its header.`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - start !== size)
    throw new Error(`${name}: shape [${shape}] needs ${size} bytes, but ${bytes.length - start} follow the header.`);
  return { shape, data: bytes.subarray(start) };
}

function gunzip(file: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(file);
  } catch (error) {
    throw new Error(`${name} could not be unzipped: ${(error as Error).message}`, { cause: error });
  }
}

/** Joins an image array [N, H, W] or [N, H, W, C] and its labels [N]. */
export function idxPart(images: IdxArray, labels: IdxArray | undefined, name: string): Part {
  const [count, height, width, channels = 1] = images.shape;
  if (images.shape.length < 3 || images.shape.length > 4 || (channels !== 1 && channels !== 3))
    throw new Error(`${name}: images have shape [N, H, W] or [N, H, W, 1 or 3], got [${images.shape}].`);
  if (labels && (labels.shape.length !== 1 || labels.shape[0] !== count))
    throw new Error(`${name}: ${count} images but labels of shape [${labels.shape}].`);
  return { height, width, channels, count, pixels: images.data, labels: labels ? Uint16Array.from(labels.data) : null };
}

const IMAGES = /^(.*?)(train|t10k|test)-images[-.]idx[34]-ubyte(\.gz)?$/;

/** Whether a folder's listing has files of the MNIST family. */
export const isIdxFolder = (files: readonly string[]): boolean => files.some((file) => IMAGES.test(file));

/** Reads `train-images-idx3-ubyte[.gz]`, `t10k-…` (or `test-…`) and the labels beside them. */
export async function readIdxFolder(folder: string): Promise<DatasetParts> {
  const files = await readdir(folder);
  const read = async (file: string) => decodeIdx(await readFile(join(folder, file)), join(folder, file));
  const parts: { train?: Part; test?: Part } = {};
  for (const file of files.filter((name) => IMAGES.test(name)).sort()) {
    const split = IMAGES.exec(file)![2] === "train" ? "train" : "test";
    if (parts[split])
      throw new Error(`${folder} has more than one file of ${split} images (${file}); keep one data set per folder.`);
    const labelsName = file.replace(/images([-.])idx[34]/, "labels$1idx1").replace(/\.gz$/, "");
    const labelsFile = [labelsName, `${labelsName}.gz`].find((name) => files.includes(name));
    parts[split] = idxPart(await read(file), labelsFile ? await read(labelsFile) : undefined, join(folder, file));
  }
  return withSplit(parts, folder);
}
