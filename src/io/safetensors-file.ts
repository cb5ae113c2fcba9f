import { writeFileAtomic } from "./atomic.js";
import { readingFile } from "./file-reader.js";
import { reading } from "./reading.js";
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
export async function loadSafetensors(path: string, options?: ReadOptions): Promise<SafetensorsFile> {
  return reading(path, () =>
    readingFile(path, async (reader) => {
      try {
        return await readSafetensors(reader, options);
      } catch (error) {
        throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}
