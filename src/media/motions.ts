import type { Clip } from "../motion/index.js";
import type { Media } from "./media.js";

/** A batch of generated motions. */
export class Motions implements Media, Iterable<Clip> {
  readonly kind = "motion";
  readonly mimeType = "model/gltf-binary";

  constructor(
    readonly clips: readonly Clip[],
    /** What each was asked to show, where it was asked by text. */
    readonly prompts: readonly string[] | null = null,
  ) {}

  get count(): number {
    return this.clips.length;
  }

  [Symbol.iterator](): Iterator<Clip> {
    return this.clips[Symbol.iterator]();
  }

  /** Writes them in the format of the name's ending. Node only. */
  async save(path: string): Promise<void> {
    throw new Error(`Motions cannot be saved yet (${path}).`);
  }
}

/** Batches one after the other. */
export function joinMotions(parts: readonly Motions[]): Motions {
  const prompts = parts.every((part) => part.prompts) ? parts.flatMap((part) => part.prompts!) : null;
  return new Motions(
    parts.flatMap(({ clips }) => clips),
    prompts,
  );
}
