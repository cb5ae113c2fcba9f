import type { ByteReader } from "./byte-reader.js";
import type { SoundBlock } from "./sound-block.js";
import { decodeBlocks } from "./sound-decode.js";

/** Bytes in which a first frame is looked for behind a tag (ID3v2). */
const SEARCHED = 4096;
const TAG_HEADER = 10;

/**
 * Reads an MP3 file block by block; what its encoder added at the beginning and the end is taken away where the encoder
 * says how much that is.
 * @throws where it ends before the frames that its header counts.
 */
export async function* mp3Blocks(file: ByteReader, head: Uint8Array, name: string): AsyncGenerator<SoundBlock> {
  const { size } = file;
  if (size === null) throw new Error(`${name} is of unknown size.`);
  const tag = tagBytes(head);
  if (tag >= size) throw new Error(`${name} is only a tag, or ends within it; there is no sound in it.`);
  let at = head.length;
  let start = head;
  if (tag > 0) {
    await skip(file, tag - at);
    [at, start] = [tag, new Uint8Array(0)];
  }
  const more = await file.take(Math.min(SEARCHED, size - at));
  const bytes = new Uint8Array(start.length + more.length);
  bytes.set(start);
  bytes.set(more, start.length);
  const first = firstFrame(bytes);
  if (!first) throw new Error(`${name} is no MP3 file: no frame of sound follows its beginning.`);
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const samples = first.frames === null ? null : Math.max(0, first.frames - 4) * first.samples;
  const decoded = decodeBlocks(file, bytes, { name, format: "MP3", decoder, samples, taken: at + more.length });
  for await (const { rate, channels } of decoded)
    yield { rate, channels: first.isMono ? channels.slice(0, 1) : channels }; // the decoder doubles a single channel
}

async function skip(file: ByteReader, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 2 ** 16) await file.take(Math.min(left, 2 ** 16));
}

/** Bytes of the tag (titles, pictures) that a file begins with. */
function tagBytes(head: Uint8Array): number {
  if (String.fromCharCode(...head.subarray(0, 3)) !== "ID3") return 0;
  return TAG_HEADER + ((head[6] & 127) << 21) + ((head[7] & 127) << 14) + ((head[8] & 127) << 7) + (head[9] & 127);
}

/** What the first frame says: one channel or two, samples of a frame, and frames in all where it counts them (Xing). */
function firstFrame(bytes: Uint8Array): { isMono: boolean; samples: number; frames: number | null } | null {
  const at = bytes.findIndex((byte, i) => byte === 0xff && i + 3 < bytes.length && isHeader(bytes, i));
  if (at < 0) return null;
  const isMpeg1 = ((bytes[at + 1] >> 3) & 3) === 3;
  const isMono = bytes[at + 3] >> 6 === 3;
  const isLayer3 = ((bytes[at + 1] >> 1) & 3) === 1;
  const tag = at + 4 + (isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17);
  const word = String.fromCharCode(...bytes.subarray(tag, tag + 4));
  const counts = (word === "Xing" || word === "Info") && tag + 12 <= bytes.length && (bytes[tag + 7] & 1) === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { isMono, samples: isLayer3 && !isMpeg1 ? 576 : 1152, frames: counts ? view.getUint32(tag + 8) : null };
}

/** Whether a frame's header stands there: version, layer, bit rate and sample rate are none of the reserved ones. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  const [second, third] = [bytes[at + 1], bytes[at + 2]];
  return (
    (second & 0xe0) === 0xe0 &&
    ((second >> 3) & 3) !== 1 &&
    ((second >> 1) & 3) !== 0 &&
    third >> 4 !== 15 &&
    third >> 4 !== 0 &&
    ((third >> 2) & 3) !== 3
  );
}
