import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentHash } from "../../src/data/cached-images.js";
import { download, type Integrity } from "../../src/data/download.js";
import { getPinned } from "../../src/data/get.js";
import type { PinnedDataset } from "../../src/data/sources/source.js";

// One of the processes that race for a data set: does what its parent sends, one task after the other.

const [HEIGHT, WIDTH, TRAIN, TEST, CLASSES] = [28, 28, 1500, 100, 10];

/** The file that the server has: all pixels, then all labels. */
export const raceBytes = (TRAIN + TEST) * (HEIGHT * WIDTH + 1);

/** A data set that comes from `url` as one file of `raceBytes` bytes. */
export function raceDataset(url: string, bytes: Uint8Array): PinnedDataset {
  const integrity: Integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  return {
    title: "race",
    height: HEIGHT,
    width: WIDTH,
    channels: 1,
    classes: CLASSES,
    train: TRAIN,
    test: TEST,
    bytes: bytes.length,
    licence: "CC0",
    attribution: "nobody",
    sha256: contentHash(split(bytes)),
    sources: [
      {
        name: url,
        async load({ folder, ...options }) {
          const path = join(folder, "race.bin");
          await download(url, path, integrity, options);
          return split(await readFile(path));
        },
      },
    ],
  };
}

function split(bytes: Uint8Array) {
  const size = HEIGHT * WIDTH;
  const part = (from: number, count: number) => ({
    count,
    pixels: bytes.slice(from * size, (from + count) * size),
    labels: Uint16Array.from(bytes.slice((TRAIN + TEST) * size + from).subarray(0, count), (byte) => byte % CLASSES),
    channels: 1 as const,
  });
  const classNames = Array.from({ length: CLASSES }, (_, c) => `class ${c}`);
  return {
    height: HEIGHT,
    width: WIDTH,
    channels: 1 as const,
    classNames,
    train: part(0, TRAIN),
    test: part(TRAIN, TEST),
  };
}

export interface RaceTask {
  url: string;
  body: string;
  cache: string;
  force: boolean;
}
/** What was wrong, or null. */
export type RaceOutcome = string | null;

process.on("message", async ({ url, body, cache, force }: RaceTask) => {
  try {
    const pinned = raceDataset(url, await readFile(body));
    const { train, test } = await getPinned("race", pinned, { cache, force });
    const hash = contentHash({ train, test });
    process.send!((hash === pinned.sha256 ? null : `delivered ${hash}`) satisfies RaceOutcome);
  } catch (error) {
    process.send!((error as Error).message satisfies RaceOutcome);
  }
});
