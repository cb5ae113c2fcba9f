import type { ByteReader } from "./byte-reader.js";

/** Some samples of a sound: one array for each channel, all of the same length. */
export interface SoundBlock {
  /** Samples a second. */
  readonly rate: number;
  readonly channels: readonly Float32Array[];
}

/** How a format is read; `head` are the first bytes, which `file` has already given. */
export type SoundFormat = (
  file: ByteReader,
  head: Uint8Array,
  name: string,
  notes: string[],
) => AsyncGenerator<SoundBlock>;
