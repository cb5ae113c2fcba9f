import type { Readable, Writable } from "node:stream";
import { SAMPLE_RATE, soundFrames } from "../audio/index.js";
import { many } from "../io/show.js";
import type { GestureGenerator, SampleOptions, Styles } from "../models/generator.js";
import { framesOf, JsonLines, secondsAt } from "./json-lines.js";
import { checked, say, UsageError } from "./output.js";
import { mostFrames } from "./stream.js";

type Voices = readonly [Float32Array, Float32Array];

/** Where a stream of two people goes, and where their voices come from. */
export interface GestureStreamPlaces {
  readonly output: Writable;
  /** Two voices, or a stream of samples of 16 bits at 16 kHz, little-endian, by turns of the first and the second. */
  readonly voices: Voices | Readable;
  readonly styles?: Styles;
  /** Ends the stream after the present block. */
  readonly signal: AbortSignal;
}

/** Samples that are pushed at once. */
const PIECE = SAMPLE_RATE / 4;

/**
 * Moves two people to their voices as these come, as JSON lines, one for each block of frames, until the voices or
 * `seconds` are over, the reader goes or the signal comes. @returns frames written
 * @throws UsageError where an option cannot be
 */
export async function streamGesture(
  model: GestureGenerator,
  { seconds, ...options }: SampleOptions & { seconds?: number },
  { output, voices, styles, signal }: GestureStreamPlaces,
): Promise<number> {
  const limit = mostFrames(seconds, model.fps);
  const { socialGuidance, relation, personality, partnerPersonality } = options;
  const known = [relation, personality, partnerPersonality].some((value) => value !== undefined);
  if (socialGuidance !== undefined && !known && !styles?.some((one) => one))
    throw new UsageError(
      "--social-guidance has no effect without a relation, a personality or a style; leave it out, or give one.",
    );
  const session = await checked(() => model.open(options, { styles }));
  const json = new JsonLines(output);
  const pieces = "read" in voices ? heard(voices) : piecesOf(voices);
  let [written, samples] = [0, 0];
  const over = (most: number) => written >= most || signal.aborted || json.gone;
  /** Writes the blocks that there are, up to so many frames. */
  const drain = async (most: number) => {
    while (!over(most)) {
      const people = await session.pull();
      if (!people) break;
      const frames = Math.min(people[0].frames, most - written);
      await json.write({
        ...{ time: secondsAt(written, model.fps), fps: model.fps, frames },
        people: people.map((clip) => framesOf(clip, frames)),
        speech: session.speech.map((values) => [...values.subarray(0, frames)]),
      });
      if (!json.gone) written += frames;
    }
  };
  const stop = () => void ("read" in voices && voices.destroy());
  signal.addEventListener("abort", stop, { once: true });
  output.once("close", stop);
  try {
    for await (const [first, second] of pieces) {
      samples += first.length;
      session.push(first, second);
      await drain(limit);
      if (over(limit)) break;
    }
    // What the last frames are waiting for is silence
    const most = Math.min(limit, soundFrames(samples));
    for (const silence = new Float32Array(PIECE); !over(most); await drain(most)) session.push(silence, silence);
    if (seconds !== undefined && most < limit && !signal.aborted)
      say(`The voices end after ${secondsAt(most, model.fps)} s, before the ${seconds} s that were asked for.`);
  } catch (error) {
    if (!signal.aborted && !json.gone) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    output.off("close", stop);
    json.close();
    stop();
    session.close();
  }
  return written;
}

function* piecesOf([first, second]: Voices): Generator<Voices> {
  for (let at = 0; at < first.length; at += PIECE)
    yield [first.subarray(at, at + PIECE), second.subarray(at, at + PIECE)];
}

/** Bytes of a sample of both voices. */
const BOTH = 4;

/** How files of sound begin, whose first bytes would be heard as a crack and whose rate is not known here. */
const FILES: Record<string, string> = { RIFF: "a WAV file", fLaC: "a FLAC file", ID3: "an MP3 file" };

async function* heard(input: Readable): AsyncGenerator<Voices> {
  let rest = Buffer.alloc(0);
  let begun = false;
  for await (const chunk of input) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    if (!begun && bytes.length < BOTH) {
      rest = bytes;
      continue;
    }
    const file = !begun && Object.keys(FILES).find((mark) => bytes.toString("latin1", 0, mark.length) === mark);
    if (file)
      throw new UsageError(
        `The voices are ${FILES[file]}, and bare samples of 16 bits at ${SAMPLE_RATE} Hz are taken; give the file with --audio.`,
      );
    begun = true;
    const count = Math.floor(bytes.length / BOTH);
    rest = bytes.subarray(count * BOTH);
    const voice = (side: 0 | 1) =>
      Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(BOTH * i + 2 * side) / 0x8000);
    if (count > 0) yield [voice(0), voice(1)];
  }
  if (!begun) say("There are no voices: not one sample of both came.");
  if (rest.length > 0)
    say(`The last ${many(rest.length, "byte")} of the voices are no whole sample of both; left out.`);
}
