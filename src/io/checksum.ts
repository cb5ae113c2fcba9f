import { inNode } from "../runtime/environment.js";
import type { ByteReader } from "./byte-reader.js";

/**
 * SHA-256 of pieces of bytes one after the other, in hexadecimal; null where there is none to be had: pages that came
 * by http from another machine have no cryptography.
 */
export async function sha256Of(pieces: readonly Uint8Array[]): Promise<string | null> {
  if (inNode) {
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256");
    for (const piece of pieces) hash.update(piece);
    return hash.digest("hex");
  }
  if (!globalThis.crypto?.subtle) return null;
  const bytes = await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A reader that keeps what it has read, so that its checksum can be told. */
export function keeping(reader: ByteReader): { reader: ByteReader; pieces: readonly Uint8Array[] } {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const kept = (bytes: Uint8Array<ArrayBuffer>) => {
    pieces.push(bytes);
    return bytes;
  };
  return {
    pieces,
    reader: {
      size: reader.size,
      take: async (count) => kept(await reader.take(count)),
      rest: async (limit) => kept(await reader.rest(limit)),
    },
  };
}
