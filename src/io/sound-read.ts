import { HIGHEST_RATE, LOWEST_RATE, Resampler, SAMPLE_RATE, SampleQueue, SoundCheck } from "../audio/index.js";
import type { ByteReader } from "./byte-reader.js";
import { readingFile } from "./file-reader.js";
import { reading } from "./reading.js";
import { soundBlocks } from "./sound-blocks.js";
import { WrongUse } from "./wrong-use.js";

/** The two voices of a conversation, on one timeline. */
export interface Sounds {
  /** Samples of each person at 16 kHz, equally many; as loud as they were recorded. */
  readonly sounds: readonly [Float32Array, Float32Array];
  /** What somebody should know of them: a sentence each. */
  readonly notes: readonly string[];
}

/** The channels of one file at 16 kHz. */
export interface SoundFile {
  /** Samples a second that the file has. */
  readonly rate: number;
  readonly channels: readonly Float32Array[];
  readonly notes: readonly string[];
}

const PEOPLE = ["person A", "person B"] as const;
const SIDES = ["left", "right"] as const;

/**
 * Reads two people's voices: one stereo file (left: person A, right: person B) or a file each. WAV, FLAC and MP3 are read
 * block by block and resampled on the way.
 * @throws WrongUse where there are not one or two paths, or one file has not two channels.
 * @throws where a file is no sound, damaged, has no samples, or a sample that is not finite.
 */
export async function readSounds(paths: readonly string[]): Promise<Sounds> {
  if (paths.length !== 1 && paths.length !== 2)
    throw new WrongUse(`Two voices are one stereo file or two files; got ${paths.length}.`);
  const [a, b, notes] = paths.length === 1 ? await readStereo(paths[0]) : await readPair(paths as [string, string]);
  const length = Math.max(a.length, b.length);
  return { sounds: [padded(a, length), padded(b, length)], notes };
}

/** Reads one sound file, all its channels. @throws as `readSounds`. */
export async function readSoundFile(path: string): Promise<SoundFile> {
  return reading(path, () => readingFile(path, (file) => readSound(file, path)));
}

/** Reads one sound, all its channels; errors and notes call it by `name`. @throws as `readSounds`. */
export async function readSound(file: ByteReader, name: string): Promise<SoundFile> {
  const notes: string[] = [];
  let tracks: Track[] = [];
  let rate = 0;
  for await (const block of soundBlocks(file, name, notes)) {
    if (rate === 0) {
      rate = block.rate;
      requireRate(name, rate);
      tracks = block.channels.map((_, i) => new Track(channelName(name, i, block.channels.length), rate));
    }
    block.channels.forEach((samples, i) => {
      tracks[i].push(samples);
    });
  }
  if (rate < SAMPLE_RATE)
    notes.push(`${name} has ${rate} samples a second: nothing above ${rate / 2000} kHz is in it.`);
  notes.push(...tracks.flatMap((track) => track.check.notes()));
  return { rate, channels: tracks.map((track) => track.end()), notes };
}

/** A channel that is checked, resampled and kept as it arrives. */
class Track {
  readonly check: SoundCheck;
  private readonly resampler: Resampler;
  private readonly kept = new SampleQueue();

  constructor(name: string, rate: number) {
    this.check = new SoundCheck(name, rate);
    this.resampler = new Resampler(rate, SAMPLE_RATE);
  }

  push(samples: Float32Array): void {
    this.check.push(samples);
    this.keep(this.resampler.push(samples));
  }

  end(): Float32Array {
    this.keep(this.resampler.end());
    return this.kept.all();
  }

  private keep(samples: Float32Array): void {
    this.kept.grow(samples.length).set(samples);
  }
}

async function readStereo(path: string): Promise<[Float32Array, Float32Array, string[]]> {
  const { channels, notes } = await readSoundFile(path);
  if (channels.length !== 2)
    throw new WrongUse(
      `${path} has ${channels.length === 1 ? "one channel" : `${channels.length} channels`}; two voices need a stereo file ` +
        "(left: person A, right: person B) or a file each.",
    );
  const [a, b] = channels;
  return [a, b, [...notes, ...(same(a, b) ? [`Both channels of ${path} are the same: ${NOT_APART}`] : [])]];
}

const NOT_APART = "the two voices are not apart.";
const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((sample, i) => sample === b[i]) && a.some((sample) => sample !== 0);

async function readPair(paths: readonly [string, string]): Promise<[Float32Array, Float32Array, string[]]> {
  const notes: string[] = [];
  const tracks: Float32Array[] = [];
  for (const path of paths) {
    const { channels, notes: own } = await readSoundFile(path);
    notes.push(...own);
    if (channels.length > 1) notes.push(`${path} has ${channels.length} channels; their mean is taken.`);
    tracks.push(mean(channels));
  }
  const [a, b] = tracks;
  if (same(a, b)) notes.push(`${paths.join(" and ")} sound the same: ${NOT_APART}`);
  if (a.length !== b.length) {
    const shorter = a.length < b.length ? 0 : 1;
    const seconds = tracks.map((track) => (track.length / SAMPLE_RATE).toFixed(2));
    notes.push(
      `${paths[shorter]} (${PEOPLE[shorter]}) has ${seconds[shorter]} s, the other file ${seconds[1 - shorter]} s; silence follows its end.`,
    );
  }
  return [a, b, notes];
}

function mean(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
}

function padded(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples;
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}

const channelName = (path: string, channel: number, of: number): string =>
  of === 1 ? path : `${of === 2 ? `The ${SIDES[channel]} channel` : `Channel ${channel + 1}`} of ${path}`;

function requireRate(path: string, rate: number): void {
  if (rate < LOWEST_RATE || rate > HIGHEST_RATE)
    throw new Error(`${path} has ${rate} samples a second; ${LOWEST_RATE}…${HIGHEST_RATE} can be read.`);
}
