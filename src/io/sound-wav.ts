import type { ByteReader } from "./byte-reader.js";
import type { SoundBlock } from "./sound-block.js";

/** Samples of a channel that are read at a time. */
const BLOCK = 1 << 14;
const [PCM, FLOAT, EXTENSIBLE] = [1, 3, 0xfffe];
/** A size that nobody filled in, as programs that write into a pipe leave it. */
const UNKNOWN = 0xffffffff;

/** How samples are coded. */
interface Coding {
  channels: number;
  rate: number;
  bytes: number;
  read(view: DataView, at: number): number;
}

const INTEGERS: Record<number, Coding["read"]> = {
  8: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  16: (view, at) => view.getInt16(at, true) / 2 ** 15,
  24: (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  32: (view, at) => view.getInt32(at, true) / 2 ** 31,
};
const FLOATS: Record<number, Coding["read"]> = {
  32: (view, at) => view.getFloat32(at, true),
  64: (view, at) => view.getFloat64(at, true),
};
/** What compressed WAV files hold, so that an error can say so. */
const COMPRESSED: Record<number, string> = { 2: "ADPCM", 6: "A-law", 7: "µ-law", 17: "ADPCM", 85: "MP3" };

/** Reads a WAV file, also one of more than 4 GB (RF64), block by block. */
export async function* wavBlocks(
  file: ByteReader,
  head: Uint8Array,
  name: string,
  notes: string[],
): AsyncGenerator<SoundBlock> {
  let [at, coding, longSize]: [number, Coding | null, number | null] = [head.length, null, null];
  const take = async (count: number, what: string) => {
    if (file.size !== null && at + count > file.size)
      throw new Error(`${name} ends within ${what}: it has ${file.size} bytes. Copy the file again.`);
    at += count;
    return file.take(count);
  };
  for (;;) {
    if (file.size !== null && at === file.size) throw new Error(`${name} has no samples: its header is all there is.`);
    const chunk = new DataView((await take(8, "its header")).buffer);
    const id = String.fromCharCode(...new Uint8Array(chunk.buffer, 0, 4));
    const size = chunk.getUint32(4, true);
    if (id === "data") {
      if (!coding) throw new Error(`${name} does not say how its samples are coded before they begin.`);
      const told = size === UNKNOWN ? longSize : size;
      yield* dataBlocks(file, { name, coding, bytes: dataBytes(file, at, told, name, notes), notes });
      return;
    }
    if (size > 2 ** 28) throw new Error(`${name} has a part "${id}" of ${size} bytes in its header; it is damaged.`);
    const content = new DataView((await take(size + (size % 2), "its header")).buffer);
    if (id === "fmt ") coding = readCoding(content, name);
    if (id === "ds64" && size >= 16) longSize = Number(content.getBigUint64(8, true));
  }
}

/** Bytes of samples: as many as told, or all that is left where nobody told, or less is left. */
function dataBytes(file: ByteReader, at: number, told: number | null, name: string, notes: string[]): number {
  if (file.size === null) throw new Error(`${name} is of unknown size.`);
  const left = file.size - at;
  if (told === null || (told === 0 && left > 0)) {
    notes.push(`${name} does not say how long it is; all that follows its header is read.`);
    return left;
  }
  if (told > left) notes.push(`${name} ends early: ${left} of ${told} bytes of sound are there.`);
  return Math.min(told, left);
}

function readCoding(fmt: DataView, name: string): Coding {
  if (fmt.byteLength < 16) throw new Error(`${name} is damaged: its description has ${fmt.byteLength} bytes of 16.`);
  const [channels, rate] = [fmt.getUint16(2, true), fmt.getUint32(4, true)];
  const [frame, bits] = [fmt.getUint16(12, true), fmt.getUint16(14, true)];
  const isExtended = fmt.getUint16(0, true) === EXTENSIBLE && fmt.byteLength >= 26;
  const format = fmt.getUint16(isExtended ? 24 : 0, true);
  const read = (format === PCM ? INTEGERS : format === FLOAT ? FLOATS : {})[bits];
  if (!read)
    throw new Error(
      `${name} holds ${COMPRESSED[format] ?? `samples of format ${format}`} of ${bits} bits; integers of 8, 16, 24 or 32 bits ` +
        "and floats of 32 or 64 can be read. Convert it to one of them.",
    );
  if (channels === 0 || rate === 0 || frame !== (channels * bits) / 8)
    throw new Error(`${name} is damaged: ${channels} channels of ${bits} bits at ${rate} Hz, ${frame} bytes a sample.`);
  return { channels, rate, bytes: bits / 8, read };
}

async function* dataBlocks(
  file: ByteReader,
  { name, coding, bytes, notes }: { name: string; coding: Coding; bytes: number; notes: string[] },
): AsyncGenerator<SoundBlock> {
  const frame = coding.channels * coding.bytes;
  const samples = Math.floor(bytes / frame);
  if (samples * frame < bytes)
    notes.push(`${name} ends within a sample; its last ${bytes % frame} bytes are left out.`);
  for (let done = 0; done < samples; done += BLOCK) {
    const count = Math.min(BLOCK, samples - done);
    const view = new DataView((await file.take(count * frame)).buffer);
    const channels = Array.from({ length: coding.channels }, () => new Float32Array(count));
    for (let channel = 0; channel < coding.channels; channel++)
      for (let i = 0, at = channel * coding.bytes; i < count; i++, at += frame)
        channels[channel][i] = coding.read(view, at);
    yield { rate: coding.rate, channels };
  }
}
