/** Reads the bytes of a file in order, wherever they come from. */
export interface ByteReader {
  /** Bytes in all, where that is certain. */
  readonly size: number | null;
  /** The next `count` bytes; throws where the file ends before. */
  take(count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** All bytes that are left; throws, without reading on, where there are more than `limit`. */
  rest(limit: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Refuses to read on where more than `limit` bytes are left. @throws */
export function requireRest(name: string, left: number, limit: number): void {
  if (left > limit)
    throw new Error(`${name} is too large: ${showBytes(left)} are left where at most ${limit} may follow.`);
}

/** Bytes for people. */
export const showBytes = (bytes: number): string =>
  bytes < 1e5 ? `${bytes} bytes` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
