import { open } from "node:fs/promises";
import { writeFileAtomic } from "./atomic.js";
import { reading } from "./reading.js";
import {
  decodeSafetensors,
  type SafetensorsFile,
  type SafetensorsOptions,
  safetensorsChunks,
  type TensorRecord,
} from "./safetensors.js";

/** Writes tensors as a safetensors file, atomically. Options and errors as `encodeSafetensors`. */
export async function saveSafetensors(
  path: string,
  tensors: Record<string, TensorRecord>,
  options?: SafetensorsOptions,
): Promise<void> {
  await writeFileAtomic(path, safetensorsChunks(tensors, options));
}

/** Reads a safetensors file; errors name the file. */
export async function loadSafetensors(path: string): Promise<SafetensorsFile> {
  const bytes = await reading(path, () => readWhole(path));
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Like `readFile`, without its limit of 2 GiB. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesRead } = await file.read(bytes, offset, Math.min(bytes.length - offset, 2 ** 30));
      if (bytesRead === 0) throw new Error(`${path} ended after ${offset} of ${bytes.length} bytes.`);
      offset += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
