import type { ByteReader } from "./byte-reader.js";
import { readingNamed } from "./file-reader.js";
import { msgpackReader } from "./msgpack.js";
import { type DataType, type StoredTensor, tensorData } from "./safetensors.js";
import { show } from "./show.js";

/** Flax's names of the numbers that weights have. */
const TYPES: Readonly<Record<string, { dtype: DataType; bytes: number }>> = {
  float32: { dtype: "F32", bytes: 4 },
  float16: { dtype: "F16", bytes: 2 },
  bfloat16: { dtype: "BF16", bytes: 2 },
};

/** The extension of msgpack by which Flax marks an array. */
const ARRAY = 1;
/** Folders in folders at most. */
const DEPTH = 32;

/**
 * Tensors of a tree of arrays as Flax writes it in msgpack, named by their keys joined with dots; F16 and BF16 come
 * widened to `Float32Array`. It is read as data: nothing in it is run. @throws where it holds anything but arrays of floats
 */
export async function readFlaxMsgpack(reader: ByteReader): Promise<Record<string, StoredTensor>> {
  const pack = msgpackReader(reader);
  const tensors = new Map<string, StoredTensor>();

  async function array(path: string): Promise<StoredTensor> {
    if ((await pack.array()) !== 3) throw pack.broken(`${show(path)} is not (shape, type, bytes)`);
    const shape: number[] = [];
    for (let axes = await pack.array(); axes > 0; axes--) shape.push(await pack.integer());
    const name = await pack.text();
    if (!Object.hasOwn(TYPES, name))
      throw new Error(`${show(path)} is of ${show(name)}; weights are ${Object.keys(TYPES).join(", ")}.`);
    const { dtype, bytes } = TYPES[name];
    const data = await pack.bytes();
    const wanted = shape.reduce((product, size) => product * size, bytes);
    if (data.length !== wanted)
      throw pack.broken(`${show(path)} has ${data.length} bytes, and [${shape}] of ${name} are ${wanted}`);
    return { dtype, shape, data: tensorData(dtype, data.slice().buffer) };
  }

  async function tree(path: readonly string[]): Promise<void> {
    const name = path.join(".");
    const { kind, size } = await pack.begin();
    if (kind === "extension" && size === ARRAY) {
      if (tensors.has(name)) throw pack.broken(`${show(name)} is there twice`);
      tensors.set(name, await array(name));
      return;
    }
    if (kind !== "map")
      throw new Error(`${path.length === 0 ? "It" : show(name)} is no array of Flax's, nor a tree of them.`);
    if (path.length === DEPTH) throw pack.broken(`its tree is more than ${DEPTH} deep`);
    for (let left = size; left > 0; left--) await tree([...path, await pack.text()]);
  }

  await tree([]);
  await reader.rest(0);
  return Object.fromEntries(tensors);
}

/** As `readFlaxMsgpack`, of a file; errors name it. */
export const loadFlaxMsgpack = (path: string): Promise<Record<string, StoredTensor>> =>
  readingNamed(path, readFlaxMsgpack);
