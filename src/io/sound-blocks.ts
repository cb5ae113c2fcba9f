import type { ByteReader } from "./byte-reader.js";
import type { SoundBlock, SoundFormat } from "./sound-block.js";
import { flacBlocks } from "./sound-flac.js";
import { mp3Blocks } from "./sound-mp3.js";
import { wavBlocks } from "./sound-wav.js";

/** The first bytes of a sound's file, which tell its format. */
const SIGNATURE = 12;

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

/** What other files are, so that an error can say so. */
const OTHERS: readonly (readonly [signature: string, at: number, what: string])[] = [
  ["OggS", 0, "an Ogg file (Vorbis or Opus)"],
  ["ftyp", 4, "an MPEG-4 file (M4A, AAC or video)"],
  ["FORM", 0, "an AIFF file"],
  [".snd", 0, "an AU file"],
  ["\x1aE\xdf\xa3", 0, "a Matroska or WebM file"],
];

function formatOf(head: Uint8Array, name: string): SoundFormat {
  const start = ascii(head, 0, 4);
  if (["RIFF", "RF64"].includes(start) && ascii(head, 8, 12) === "WAVE") return wavBlocks;
  if (start === "fLaC") return flacBlocks;
  const isFrame = head[0] === 0xff && (head[1] & 0xe0) === 0xe0 && (head[1] & 0x06) !== 0;
  if (start.startsWith("ID3") || isFrame) return mp3Blocks;
  const other = OTHERS.find(([signature, at]) => ascii(head, at, at + 4) === signature);
  throw new Error(
    `${name} is ${other ? other[2] : "no sound file that is known here"}. WAV, FLAC and MP3 can be read; convert it to one of them.`,
  );
}

/**
 * Reads a sound block by block: WAV (integers of 8 to 32 bits, floats of 32 and 64), FLAC and MP3, told apart by their
 * content. What is odd but can be read is added to `notes`.
 * @throws where the file is empty, no sound, damaged, or has no samples.
 */
export async function* soundBlocks(file: ByteReader, name: string, notes: string[] = []): AsyncGenerator<SoundBlock> {
  if (file.size === 0) throw new Error(`${name} is empty; it must be a WAV, FLAC or MP3 file.`);
  if (file.size !== null && file.size < SIGNATURE)
    throw new Error(`${name} has only ${file.size} bytes; it is no sound file.`);
  const head = await file.take(SIGNATURE);
  let [samples, first]: [number, SoundBlock | null] = [0, null];
  for await (const block of formatOf(head, name)(file, head, name, notes)) {
    first ??= block;
    if (block.rate !== first.rate || block.channels.length !== first.channels.length)
      throw new Error(
        `${name} changes after ${(samples / first.rate).toFixed(2)} s from ${first.channels.length} channels at ` +
          `${first.rate} Hz to ${block.channels.length} at ${block.rate} Hz. Convert it to one format first.`,
      );
    samples += block.channels[0].length;
    yield block;
  }
  if (samples === 0) throw new Error(`${name} has no samples: there is no sound in it.`);
}
