import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { show } from "../io/show.js";
import type { MotionGenerator, SampleOptions } from "../models/generator.js";
import { framesOf, JsonLines, secondsAt } from "./json-lines.js";
import { checked, say, UsageError } from "./output.js";

/** Where a stream of motion goes, and where new texts come from. */
export interface StreamPlaces {
  readonly output: Writable;
  /** Each line is a new text, an empty one: anything; null: nobody says any. */
  readonly input: Readable | null;
  /** Ends the stream after the present block. */
  readonly signal: AbortSignal;
}

/**
 * Draws a motion without end as JSON lines, one for each block of frames, until `seconds` are written, the reader goes or
 * the signal comes. A text that the model does not take is told on stderr and changes nothing. @returns frames written
 * @throws UsageError where an option cannot be
 */
export async function streamMotion(
  model: MotionGenerator,
  { seconds, ...options }: SampleOptions & { seconds?: number },
  { output, input, signal }: StreamPlaces,
): Promise<number> {
  const most = mostFrames(seconds, model.fps);
  const session = await checked(() => model.open(options));
  const lines = input && createInterface({ input });
  lines?.on("line", (line) => {
    try {
      if (/^\s*[[{]/.test(line))
        throw new Error(
          `A line is a text as it is to be shown, not JSON; give one text a line, got ${show(line.trim())}.`,
        );
      session.say(line.trim() || null);
    } catch (error) {
      say(`fewstep: ${(error as Error).message}`);
    }
  });
  const json = new JsonLines(output);
  let written = 0;
  try {
    while (written < most && !signal.aborted && !json.gone) {
      const clip = await session.next();
      const frames = Math.min(clip.frames, most - written);
      await json.write({ time: secondsAt(written, model.fps), fps: clip.fps, frames, ...framesOf(clip, frames) });
      if (!json.gone) written += frames;
    }
  } finally {
    json.close();
    lines?.close();
    input?.destroy();
    session.close();
  }
  return written;
}

/** Frames that a stream has at most. @throws UsageError */
export function mostFrames(seconds: number | undefined, fps: number): number {
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError(`--seconds must be above 0, got ${seconds}.`);
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(seconds * fps));
}
