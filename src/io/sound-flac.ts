import type { ByteReader } from "./byte-reader.js";
import type { SoundBlock } from "./sound-block.js";
import { decodeBlocks } from "./sound-decode.js";

/** Bytes of a FLAC file from its beginning to the end of STREAMINFO. */
const STREAM_INFO = 42;

/**
 * Reads a FLAC file block by block.
 * @throws where it does not hold as many samples as it says: a piece that cannot be decoded is missing, and all after it
 * would come too early.
 */
export async function* flacBlocks(file: ByteReader, head: Uint8Array, name: string): AsyncGenerator<SoundBlock> {
  if (file.size !== null && file.size < STREAM_INFO)
    throw new Error(`${name} ends within its header: it has ${file.size} bytes. Copy the file again.`);
  const start = new Uint8Array(STREAM_INFO);
  start.set(head);
  start.set(await file.take(STREAM_INFO - head.length), head.length);
  const bits = (((start[20] & 1) << 4) | (start[21] >> 4)) + 1;
  if (bits > 24)
    throw new Error(`${name} has samples of ${bits} bits; FLAC of up to 24 can be read. Convert it first.`);
  const { FLACDecoder } = await import("@wasm-audio-decoders/flac");
  const decoder = new FLACDecoder();
  await decoder.ready;
  yield* decodeBlocks(file, start, { name, format: "FLAC", decoder, samples: samplesOf(start) });
}

/** How many samples a channel has, 36 bits of STREAMINFO; null where its writer did not know. */
function samplesOf(start: Uint8Array): number | null {
  const view = new DataView(start.buffer);
  return (view.getUint8(21) & 0xf) * 2 ** 32 + view.getUint32(22) || null;
}
