import { writeFileAtomic } from "./atomic.js";
import { readingNamed } from "./file-reader.js";
import {
  type ReadOptions,
  readSafetensors,
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
export const loadSafetensors = (path: string, options?: ReadOptions): Promise<SafetensorsFile> =>
  readingNamed(path, (reader) => readSafetensors(reader, options));
