import { requireFinite, SAMPLE_RATE } from "../audio/index.js";
import { writeFileAtomic } from "./atomic.js";

const HEADER = 44;
const LARGEST = 2 ** 32 - HEADER;

/**
 * A sound as a WAV file of 16 bits, its channels beside each other. Samples reach from −1 to 1.
 * @throws where the channels differ in length, there is none, a sample is not finite or beyond the range.
 */
export function encodeWav(channels: readonly Float32Array[], rate = SAMPLE_RATE): Uint8Array {
  const samples = channels[0]?.length ?? 0;
  if (samples === 0 || channels.some((channel) => channel.length !== samples))
    throw new Error(`The channels of a sound are of one length of at least 1, got ${channels.map((c) => c.length)}.`);
  const bytes = samples * channels.length * 2;
  if (bytes > LARGEST) throw new Error(`A WAV file holds 4 GB; this sound has ${(bytes / 1e9).toFixed(1)} GB.`);
  const view = new DataView(new ArrayBuffer(HEADER + bytes));
  const text = (at: number, word: string) => new Uint8Array(view.buffer, at).set(new TextEncoder().encode(word));
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels.length * 2, true);
  view.setUint16(32, channels.length * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  channels.forEach((channel, c) => {
    requireFinite(channel, 0, rate);
    channel.forEach((sample, i) => {
      if (Math.abs(sample) > 1)
        throw new Error(`Sample ${i} of channel ${c + 1} is ${sample}, beyond −1…1. Turn the sound down first.`);
      view.setInt16(HEADER + 2 * (i * channels.length + c), Math.min(32767, Math.round(sample * 32768)), true);
    });
  });
  return new Uint8Array(view.buffer);
}

/** Writes a sound as a WAV file, whole or not at all. @throws as `encodeWav`. */
export async function writeWav(path: string, channels: readonly Float32Array[], rate = SAMPLE_RATE): Promise<void> {
  await writeFileAtomic(path, encodeWav(channels, rate));
}
