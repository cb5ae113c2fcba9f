import { type Command, InvalidArgumentError, Option } from "commander";
import type { Origin } from "../data/origin.js";
import { isChannels } from "../io/channels.js";
import { checked, UsageError } from "./output.js";

/** How data are read. */
export type ReadingCommand = Omit<Origin, "data" | "channels"> & { channels?: number };

export const READING_FLAGS = [
  "size",
  "channels",
  "background",
  "frames",
  "skipBroken",
  "lines",
  "encoding",
  "longLines",
] as const;

const side = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 4 || value > 4096)
    throw new InvalidArgumentError("must be a whole number of pixels from 4 to 4096.");
  return value;
};

/** Gives a command the options of reading. */
export const addReadingFlags = (command: Command): Command =>
  command
    .option("--size <pixels>", "side that pictures of a folder are scaled to (default: theirs if small, else 32)", side)
    .option("--channels <n>", "1: grey, 3: colour (default: colour if any picture has), 4: with transparency", Number)
    .option("--background <colour>", "behind transparent pixels, such as white (the default), black or #3366ff")
    .addOption(
      new Option("--frames <which>", "of animated files and those of several pages (default: first)").choices([
        "all",
        "first",
      ]),
    )
    .option("--skip-broken", "leave out pictures, motions and dialogues that cannot be read")
    .option("--lines", "each line of a text file stands for itself, as each text of a JSON list does anyway")
    .option("--encoding <name>", "of a text file, such as latin1 (default: UTF-8, UTF-16 or Latin-1, as found)");

/** The options of reading that were given. */
export async function readingOf(command: ReadingCommand): Promise<Omit<Origin, "data">> {
  const { size, channels, background, frames, skipBroken, lines, encoding, longLines } = command;
  if (channels !== undefined && !isChannels(channels))
    throw new UsageError(`--channels is 1 (grey), 3 (colour) or 4 (colour with transparency), got ${channels}.`);
  if (channels === 4 && background !== undefined)
    throw new UsageError("--channels 4 keeps transparency, so that --background would have no effect; leave it out.");
  if (background !== undefined) {
    const { colourOf } = await import("../io/decode.js");
    await checked(() => colourOf(background));
  }
  return { size, channels, background, frames, skipBroken, lines, encoding, longLines };
}
