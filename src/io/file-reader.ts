import { open } from "node:fs/promises";
import { type ByteReader, requireRest } from "./byte-reader.js";
import { reading } from "./reading.js";

/** Opens a file, hands its reader to `use` and closes it. Throws where there is no ordinary file to be read. */
export async function readingFile<T>(path: string, use: (reader: ByteReader) => Promise<T>): Promise<T> {
  const file = await open(path, "r");
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw Object.assign(new Error(`${path} is a folder.`), { code: "EISDIR" });
    if (!stats.isFile()) throw new Error(`${path} is no file.`);
    const { size } = stats;
    let at = 0;
    const take = async (count: number) => {
      const bytes = new Uint8Array(count);
      for (let have = 0; have < count; ) {
        const { bytesRead } = await file.read(bytes, have, Math.min(count - have, 2 ** 30)); // one read stops at 2 GiB
        if (bytesRead === 0) throw new Error(`${path} ended after ${at} of ${size} bytes; copy the file again.`);
        have += bytesRead;
        at += bytesRead;
      }
      return bytes;
    };
    return await use({
      size,
      take,
      async rest(limit) {
        requireRest(path, size - at, limit);
        return take(size - at);
      },
    });
  } finally {
    await file.close();
  }
}

/** As `readingFile`; errors of `use`, and the system's, name the file. */
export async function readingNamed<T>(path: string, use: (reader: ByteReader) => Promise<T>): Promise<T> {
  return reading(path, () =>
    readingFile(path, async (reader) => {
      try {
        return await use(reader);
      } catch (error) {
        throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}
