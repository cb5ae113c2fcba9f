import { channelNames, isChannels } from "../../io/channels.js";
import type { PictureInfo } from "../../io/decode.js";
import { colourOf } from "../../io/decode.js";
import { many } from "../../io/show.js";
import type { FolderOptions } from "./options.js";
import type { Layout } from "./read.js";

/** Sides that small pictures keep at most, and that larger ones are scaled to. */
const LARGEST_KEPT = 64;
const USUAL = 32;
/** The networks halve sides twice. */
const STEP = 4;

/** What all pictures are made into. Throws where an option cannot be. */
export async function layoutFor(infos: readonly PictureInfo[], options: FolderOptions): Promise<Layout> {
  const { size, channels, crop = "cover", background = "white" } = options;
  const sides = typeof size === "number" ? [size, size] : size;
  const isSide = (side: unknown) => Number.isInteger(side) && Number(side) >= 1 && Number(side) <= 4096;
  if (sides && !(Array.isArray(sides) && sides.length === 2 && sides.every(isSide)))
    throw new Error(`size is a side in pixels from 1 to 4096, or [height, width]; got ${JSON.stringify(size)}.`);
  if (channels !== undefined && !isChannels(channels))
    throw new Error(`channels is 1 (grey), 3 (colour) or 4 (colour with transparency), got ${channels}.`);
  if (channels === 4 && options.background !== undefined)
    throw new Error("With 4 channels transparency is kept, so that a background would have no effect; leave it out.");
  const [red, green, blue] = await colourOf(background);
  const colourBehind = (red !== green || green !== blue) && infos.some(({ transparent }) => transparent);
  const [height, width] = sides ?? usualSize(infos);
  return {
    height,
    width,
    channels: channels ?? (colourBehind || infos.some(({ grey }) => !grey) ? 3 : 1),
    fit: crop,
    background,
    white: whiteOf(infos),
  };
}

/** The size that most pictures have, if it is small, else 32 × 32; sides as the networks take them. */
function usualSize(infos: readonly PictureInfo[]): [number, number] {
  const counts = new Map<string, number>();
  for (const { height, width } of infos) counts.set(`${height} ${width}`, (counts.get(`${height} ${width}`) ?? 0) + 1);
  const [sides, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
  const [height, width] = sides.split(" ").map(Number);
  if (2 * count < infos.length || Math.max(height, width) > LARGEST_KEPT) return [USUAL, USUAL];
  const fitted = (side: number) => Math.max(STEP, Math.round(side / STEP) * STEP);
  return [fitted(height), fitted(width)];
}

/** What is white in 16-bit files: the largest value of as many bits as the data seem to have. */
function whiteOf(infos: readonly PictureInfo[]): number {
  const largest = infos.reduce((most, { largest }) => Math.max(most, largest ?? 0), 0);
  const bits = [8, 10, 12, 14].find((bits) => largest > 0 && largest < 2 ** bits);
  return 2 ** (bits ?? 16) - 1;
}

/** What was done to the pictures, as pieces of a report's content, and what a person might not expect of it. */
export function layoutText(
  infos: readonly PictureInfo[],
  { height, width, channels, fit, background, white }: Layout,
  frames: "all" | "first",
): { content: string[]; notes: string[] } {
  const colour = channelNames[channels];
  const transparent = infos.filter((one) => one.transparent).length;
  const same = infos.every((one) => one.height === height && one.width === width);
  const other = infos.filter(
    (one) => Math.abs(one.width * height - one.height * width) > Math.max(one.width, one.height),
  );
  const [animated, greys] = [infos.filter((one) => one.frames > 1), infos.filter(({ grey }) => grey)];
  const fitted = { cover: "cropped to the middle", contain: "padded", fill: "distorted" }[fit];
  const deep = infos.filter(({ largest }) => largest !== null).length;
  const bits = Math.log2(white + 1);
  return {
    content: [
      `${same ? "" : "scaled to "}${width}×${height} ${colour}${other.length > 0 ? ` (${other.length} ${fitted})` : ""}`,
      ...(transparent > 0 && channels < 4 ? [`transparency on ${background} (--channels 4 keeps it)`] : []),
    ],
    notes: [
      ...(animated.length > 0
        ? [
            frames === "all"
              ? `All frames of ${many(animated.length, "file")} are taken.`
              : `${many(animated.length, "file")} with several frames or pages: the first of each is taken (--frames all takes all).`,
          ]
        : []),
      ...(channels === 3 && greys.length > 0 && greys.length < infos.length
        ? [`${greys.length} of them ${greys.length === 1 ? "is" : "are"} grey (--channels 1 makes all grey).`]
        : []),
      ...(channels === 4 && transparent === 0 ? ["None of them has transparency (--channels 3 leaves it out)."] : []),
      ...(bits < 16 ? [`${many(deep, "file")} of 16 bits with ${bits}-bit values: ${white} is taken for white.`] : []),
    ],
  };
}
