import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DatasetParts, type Part, withSplit } from "./parts.js";

const SIDE = 32;
const AREA = SIDE * SIDE;

/** How many label bytes stand before each image; the last of them is the (fine) class. */
type LabelBytes = 1 | 2;

/** Decodes CIFAR binary records: label bytes, then 32 × 32 × 3 bytes, colour plane by colour plane. */
export function decodeCifar(bytes: Uint8Array, labelBytes: LabelBytes, name = "CIFAR file"): Part {
  const record = labelBytes + 3 * AREA;
  if (bytes.length === 0 || bytes.length % record !== 0)
    throw new Error(`${name}: ${bytes.length} bytes are no whole number of CIFAR records of ${record} bytes.`);
  const count = bytes.length / record;
  const pixels = new Uint8Array(count * 3 * AREA);
  const labels = new Uint16Array(count);
  for (let n = 0; n < count; n++) {
    const start = n * record + labelBytes;
    labels[n] = bytes[start - 1];
    for (let c = 0; c < 3; c++)
      for (let p = 0; p < AREA; p++) pixels[(n * AREA + p) * 3 + c] = bytes[start + c * AREA + p];
  }
  return { height: SIDE, width: SIDE, channels: 3, count, pixels, labels };
}

const TEN = {
  train: /^data_batch(_\d+)?\.bin$/,
  test: /^test_batch\.bin$/,
  names: "batches.meta.txt",
  labelBytes: 1,
} as const;
const HUNDRED = { train: /^train\.bin$/, test: /^test\.bin$/, names: "fine_label_names.txt", labelBytes: 2 } as const;
const variant = (files: readonly string[]) =>
  [TEN, HUNDRED].find(({ train }) => files.some((file) => train.test(file)));

/** Whether a folder's listing has CIFAR-10 or CIFAR-100 binary files. */
export const isCifarFolder = (files: readonly string[]): boolean => variant(files) !== undefined;

/** Reads a folder of CIFAR-10 (`data_batch_*.bin`, `test_batch.bin`) or CIFAR-100 (`train.bin`, `test.bin`). */
export async function readCifarFolder(folder: string): Promise<DatasetParts> {
  const files = (await readdir(folder)).sort();
  const { train, test, names, labelBytes } = variant(files)!;
  const read = async (pattern: RegExp): Promise<Part | undefined> => {
    const found = files.filter((file) => pattern.test(file));
    const contents = await Promise.all(found.map((file) => readFile(join(folder, file))));
    return found.length ? decodeCifar(Buffer.concat(contents), labelBytes, join(folder, found.join(" + "))) : undefined;
  };
  const classNames = files.includes(names)
    ? (await readFile(join(folder, names), "utf8"))
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
    : undefined;
  return withSplit({ train: await read(train), test: await read(test) }, folder, classNames);
}
