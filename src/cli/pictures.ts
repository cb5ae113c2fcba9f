import { existsSync } from "node:fs";
import { type ImageSplit, resolveDataset, toFloat } from "../data/index.js";
import type { Channels } from "../io/channels.js";
import { toByte } from "../io/grid.js";
import { decodeImage } from "../io/index.js";
import { Images } from "../media/images.js";
import { requireFile, UsageError } from "./output.js";

interface ImageSize {
  height: number;
  width: number;
  channels: Channels;
}

const ROW = /^([\w-]+)\/(train|test)\/(\d+)$/;

/**
 * Pictures from files, or from a data set as `<id>/test/<row>`; of the size that is wanted unless they are to be scaled.
 */
export async function readPictures(
  sources: readonly string[],
  { height, width, channels }: ImageSize,
  { resize }: { resize?: boolean },
): Promise<Images> {
  const area = height * width;
  const all = new Float32Array(sources.length * channels * area);
  for (const [at, source] of sources.entries()) {
    const row = existsSync(source) ? null : ROW.exec(source);
    all.set(row ? await ofData(row) : await ofFile(source), at * channels * area);
  }
  return new Images(all, sources.length, channels, height, width);

  async function ofData([, id, part, at]: RegExpExecArray): Promise<Float32Array> {
    const dataset = await resolveDataset(id, { size: [height, width], channels });
    requireSize(`${id}/${part}/${at}`, dataset);
    const split = dataset[part as "train" | "test"];
    if (Number(at) >= split.count) throw new UsageError(`${id} has ${split.count} ${part} images; there is no ${at}.`);
    return toFloat(split, [Number(at)]);
  }
  async function ofFile(source: string): Promise<Float32Array> {
    requireFile(source, "a picture, or a row of a data set such as fashion-mnist/test/12");
    const { pixels, ...size } = await decodeImage(source, { channels, ...(resize ? { height, width } : {}) });
    requireSize(source, { ...size, channels });
    return Float32Array.from(
      { length: channels * area },
      (_, i) => pixels[(i % area) * channels + Math.floor(i / area)] / 127.5 - 1,
    );
  }
  function requireSize(source: string, size: ImageSize) {
    if (size.channels !== channels)
      throw new UsageError(`${source} has ${size.channels} channels, the model takes ${channels}.`);
    if (size.height !== height || size.width !== width)
      throw new UsageError(
        `${source} has ${size.width}×${size.height} pixels, the model takes ${width}×${height}; --resize scales files.`,
      );
  }
}

/** Pictures as a data set keeps them: bytes [count, height, width, channels], without classes. */
export function splitOf({ pixels, count, channels, height, width }: Images): ImageSplit {
  const area = height * width;
  const bytes = Uint8Array.from({ length: pixels.length }, (_, i) => {
    const [picture, at, channel] = [Math.floor(i / (area * channels)), Math.floor(i / channels) % area, i % channels];
    return toByte(pixels[(picture * channels + channel) * area + at]);
  });
  return { count, pixels: bytes, labels: null, channels };
}
