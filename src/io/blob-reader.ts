import { type ByteReader, requireRest } from "./byte-reader.js";

/** Reads a blob, or a file that somebody chose on a page. `name` is what errors call it. */
export function blobReader(blob: Blob, name: string): ByteReader {
  const { size } = blob;
  let at = 0;
  const take = async (count: number) => {
    if (at + count > size) throw new Error(`${name} ended after ${size} of ${at + count} bytes; copy the file again.`);
    const bytes = new Uint8Array(await blob.slice(at, at + count).arrayBuffer());
    at += count;
    return bytes;
  };
  return {
    size,
    take,
    async rest(limit) {
      requireRest(name, size - at, limit);
      return take(size - at);
    },
  };
}
