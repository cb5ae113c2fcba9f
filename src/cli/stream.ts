import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { show } from "../io/show.js";
import type { MotionGenerator, SampleOptions } from "../models/generator.js";
import type { Clip } from "../motion/index.js";
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
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError(`--seconds must be above 0, got ${seconds}.`);
  const most = seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(seconds * model.fps));
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
  let gone = false;
  const leave = () => {
    gone = true;
  };
  output.on("error", leave).on("close", leave);
  let written = 0;
  try {
    while (written < most && !signal.aborted && !gone) {
      const clip = await session.next();
      const frames = Math.min(clip.frames, most - written);
      const taken = await write(output, `${JSON.stringify(lineOf(clip, frames, written / model.fps))}\n`);
      if (!taken) break;
      written += frames;
    }
  } finally {
    output.off("error", leave).off("close", leave);
    lines?.close();
    input?.destroy();
    session.close();
  }
  return written;
}

/** The first frames of a block: time in seconds, root [T][3], rotations [T][J][4] as x, y, z, w, contacts [T][4] or null. */
function lineOf({ fps, root, rotations, contacts, skeleton }: Clip, frames: number, time: number) {
  const rows = (numbers: Float32Array | Uint8Array, width: number) =>
    Array.from({ length: frames }, (_, t) => [...numbers.subarray(t * width, (t + 1) * width)]);
  const joints = skeleton.names.length;
  return {
    time: Number(time.toFixed(6)),
    fps,
    frames,
    root: rows(root, 3),
    rotations: Array.from({ length: frames }, (_, t) =>
      Array.from({ length: joints }, (_, j) => [...rotations.subarray(4 * (t * joints + j), 4 * (t * joints + j + 1))]),
    ),
    contacts: contacts && rows(contacts, 4),
  };
}

/** Resolves when the reader has room for more: false where it has gone. */
const write = (output: Writable, text: string): Promise<boolean> =>
  new Promise((resolve) => {
    if (output.destroyed) return resolve(false);
    const closed = () => resolve(false);
    output.once("close", closed);
    output.write(text, (error) => {
      output.off("close", closed);
      resolve(!error);
    });
  });
