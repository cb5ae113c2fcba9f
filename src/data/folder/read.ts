import { readFile } from "node:fs/promises";
import { type DecodeOptions, decodeImage, inspectImage, type PictureInfo } from "../../io/decode.js";
import { reading } from "../../io/reading.js";
import type { Progress } from "../progress.js";
import { sha256 } from "../report.js";
import type { Odd } from "./tree.js";

/** How the work is watched. */
export interface Work {
  onProgress?: Progress;
  signal?: AbortSignal;
}

/** A picture's file: its hash, and what it says of itself or what is wrong with it. */
export type Inspected = { path: string; sha256: string } & ({ info: PictureInfo } | { info: null; why: string });

/** Looks at every file. */
export async function inspectAll(paths: readonly string[], work: Work): Promise<Inspected[]> {
  const found = new Array<Inspected>(paths.length);
  await eightAtATime(paths.length, "looking at pictures", work, async (i) => {
    const path = paths[i];
    const bytes = await reading(path, () => readFile(path)).catch((error: Error) => error);
    if (bytes instanceof Error) found[i] = { path, sha256: "", info: null, why: bytes.message };
    else
      found[i] = await inspectImage(bytes).then(
        (info) => ({ path, sha256: sha256(bytes), info }),
        (error: Error) => ({ path, sha256: sha256(bytes), info: null, why: reason(error) }),
      );
  });
  return found;
}

/** One frame of a file. */
export interface Frame {
  path: string;
  frame: number;
}

export type Layout = Required<Pick<DecodeOptions, "width" | "height" | "channels" | "fit" | "background" | "white">>;

/** Pixels of all frames, those that cannot be read, and how many faults were overlooked. */
export interface Decoded {
  /** [count, height, width, channels]; of a broken frame anything. */
  pixels: Uint8Array;
  /** By the frame's index. */
  broken: Map<number, Odd>;
  overlooked: number;
}

export async function decodeAll(frames: readonly Frame[], layout: Layout, work: Work): Promise<Decoded> {
  const size = layout.height * layout.width * layout.channels;
  const pixels = new Uint8Array(frames.length * size);
  const read = async (i: number, strict: boolean) => {
    const { path, frame } = frames[i];
    pixels.set((await decodeImage(path, { ...layout, frame, strict })).pixels, i * size);
  };
  const failed: number[] = [];
  await eightAtATime(frames.length, "reading pictures", work, (i) => read(i, true).catch(() => void failed.push(i)));
  // One by one: the decoder's messages, which tell a cut picture from one with a lesser fault, are the whole process's
  const broken: Decoded["broken"] = new Map();
  for (const i of failed.sort((a, b) => a - b))
    await read(i, false).catch((error: Error) => broken.set(i, { path: frames[i].path, why: reason(error) }));
  return { pixels, broken, overlooked: failed.length - broken.size };
}

const reason = ({ message }: Error) => message.replace(/^Could not read the image .*?: (?=\S)/s, "");

async function eightAtATime(
  total: number,
  task: string,
  { onProgress, signal }: Work,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < total) {
      signal?.throwIfAborted();
      await act(next++);
      onProgress?.({ task, done: ++done, total, unit: "images" });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
