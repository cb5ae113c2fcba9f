import type { ByteReader } from "./byte-reader.js";
import type { SoundBlock } from "./sound-block.js";

/** Bytes of a compressed file that are decoded at a time. */
const CHUNK = 1 << 15;

/** What a decoder makes of some bytes. */
interface Decoded {
  channelData: Float32Array[];
  samplesDecoded: number;
  sampleRate: number;
  errors: readonly { message: string }[];
}

/** A decoder of a compressed format, fed bit by bit. */
interface Decoder {
  decode(bytes: Uint8Array): Promise<Decoded> | Decoded;
  /** What is left at the end, where the decoder keeps something back. */
  flush?(): Promise<Decoded>;
  free(): void;
}

/** A compressed file: its name, format and decoder. */
interface Compressed {
  name: string;
  format: string;
  decoder: Decoder;
  /** Samples that a channel has at least, where that is known. */
  samples: number | null;
  /** Bytes of the file that have been taken, where `start` is not all of them. */
  taken?: number;
}

/** Decodes a file piece by piece, beginning with `start`, and frees the decoder. @throws where a piece is damaged. */
export async function* decodeBlocks(
  file: ByteReader,
  start: Uint8Array,
  { name, format, decoder, samples, taken = start.length }: Compressed,
): AsyncGenerator<SoundBlock> {
  if (file.size === null) throw new Error(`${name} is of unknown size.`);
  let [done, rate] = [0, 0];
  const fault = (what: string) =>
    new Error(`${name} is damaged or cut off: ${what}. Copy it again from its source, or convert it anew.`);
  const blocks = function* (decoded: Decoded): Generator<SoundBlock> {
    const { channelData, samplesDecoded, errors } = decoded;
    if (errors.length > 0) throw fault(`after ${done} samples it is no ${format} (${errors[0].message})`);
    if (samplesDecoded === 0) return;
    done += samplesDecoded;
    rate = decoded.sampleRate;
    yield { rate, channels: channelData.map((channel) => channel.subarray(0, samplesDecoded)) };
  };
  try {
    yield* blocks(await decoder.decode(start));
    for (let at = taken; at < file.size; at += CHUNK)
      yield* blocks(await decoder.decode(await file.take(Math.min(CHUNK, file.size - at))));
    if (decoder.flush) yield* blocks(await decoder.flush());
  } finally {
    decoder.free();
  }
  if (samples !== null && done < samples) throw fault(`${done} samples of ${samples} can be decoded`);
}
