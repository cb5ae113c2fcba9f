import { WrongUse } from "../io/wrong-use.js";
import type { Clip } from "../motion/clip.js";
import { type Media, placeIn } from "./media.js";

/** Endings of the files that motions are written to. */
export const MOTION_ENDINGS = ["bvh", "glb", "vrma", "csv", "npz", "gif", "webp", "png"] as const;
export type MotionEnding = (typeof MOTION_ENDINGS)[number];

/** Files that hold several motions; of the others each holds one. */
const TOGETHER: readonly MotionEnding[] = ["glb", "png"];

/** What a motion's file is by its name. @throws WrongUse where it ends as none */
export function motionEnding(path: string): MotionEnding {
  const ending = /\.([^./\\]*)$/.exec(path)?.[1].toLowerCase();
  const found = MOTION_ENDINGS.find((one) => one === ending);
  if (found) return found;
  const names = MOTION_ENDINGS.map((one) => `.${one}`).join(", ");
  throw new WrongUse(`A motion's name ends in ${names}, got "${path}".`);
}

/** A batch of generated motions; iterated over, it gives each clip. */
export class Motions implements Media, Iterable<Clip> {
  readonly kind = "motion";
  readonly mimeType = "model/gltf-binary";

  constructor(
    readonly clips: readonly Clip[],
    /** What each was asked to show, where it was asked by text. */
    readonly prompts: readonly string[] | null = null,
  ) {
    if (prompts && prompts.length !== clips.length)
      throw new Error(`${clips.length} motions have as many prompts, got ${prompts.length}.`);
  }

  get count(): number {
    return this.clips.length;
  }

  [Symbol.iterator](): Iterator<Clip> {
    return this.clips[Symbol.iterator]();
  }

  /** Motion `index` by itself, from the end where it is negative. @throws where there is none. */
  at(index: number): Motions {
    const i = placeIn(this.count, index, "motion");
    return new Motions([this.clips[i]], this.prompts && [this.prompts[i]]);
  }

  /** All of them as one GLB: a figure of capsules with an animation each, called by its prompt. In browsers too. */
  async toGlb(): Promise<Uint8Array<ArrayBuffer>> {
    const { writeGlb } = await import("../io/gltf-write.js");
    return writeGlb(this.named());
  }

  /** Motion `index` as a VRM animation, for any VRM figure. In browsers too. */
  async toVrma(index = 0): Promise<Uint8Array<ArrayBuffer>> {
    const { writeVrma } = await import("../io/gltf-write.js");
    return writeVrma(this.at(index).named()[0]);
  }

  /** Motion `index` as BVH: centimetres, degrees, Z X Y. In browsers too. */
  async toBvh(index = 0): Promise<string> {
    const { writeBvh } = await import("../io/bvh-write.js");
    return writeBvh(this.at(index).clips[0]);
  }

  /** Motion `index` as a table of joint angles, 50 rows a second: see `writeTable`. In browsers too. */
  async toCsv(index = 0): Promise<string> {
    const { writeTable } = await import("../io/motion-table.js");
    return writeTable(this.at(index).clips[0]);
  }

  /** Motion `index` as NumPy's arrays: see `writeNpz`. In browsers too. */
  async toNpz(index = 0): Promise<Uint8Array> {
    const { writeNpz } = await import("../io/motion-npz.js");
    return writeNpz(this.at(index).clips[0]);
  }

  /** All of them as one picture: poses at even times, a row for each motion. Node only. */
  async toPng(): Promise<Uint8Array> {
    const { posesPng } = await import("./motion-pictures.js");
    return posesPng(this.clips);
  }

  /** Motion `index` as a moving picture. Node only. */
  async toMovingPicture(format: "gif" | "webp" = "gif", index = 0): Promise<Uint8Array> {
    const { movingPicture } = await import("./motion-pictures.js");
    return movingPicture(this.at(index).clips[0], format);
  }

  /**
   * Writes them as the name's ending says: .bvh, .glb, .vrma, .csv, .npz, .gif, .webp (moving) or .png (poses). Several
   * go into one .glb or .png together; of the other formats each gets a file of its own, `walk-0.bvh` for `walk.bvh`.
   * Node only. @throws WrongUse where the ending is another, before anything is written.
   */
  async save(path: string): Promise<void> {
    const ending = motionEnding(path);
    const { writeFileAtomic } = await import("../io/atomic.js");
    const names = this.files(path);
    const contents: (string | Uint8Array)[] = [];
    for (const index of names.keys()) contents.push(await this.content(ending, index));
    for (const [index, name] of names.entries()) await writeFileAtomic(name, contents[index]);
  }

  /** The files that `save` writes. */
  files(path: string): string[] {
    const ending = motionEnding(path);
    if (this.count === 1 || TOGETHER.includes(ending)) return [path];
    const stem = path.slice(0, -ending.length - 1);
    return this.clips.map((_, index) => `${stem}-${index}${path.slice(stem.length)}`);
  }

  private content(ending: MotionEnding, index: number): Promise<string | Uint8Array> {
    switch (ending) {
      case "bvh":
        return this.toBvh(index);
      case "glb":
        return this.toGlb();
      case "vrma":
        return this.toVrma(index);
      case "csv":
        return this.toCsv(index);
      case "npz":
        return this.toNpz(index);
      case "png":
        return this.toPng();
      default:
        return this.toMovingPicture(ending, index);
    }
  }

  private named(): { name: string; clip: Clip }[] {
    return this.clips.map((clip, i) => ({
      name: this.prompts?.[i] || (this.count > 1 ? `motion ${i}` : "motion"),
      clip,
    }));
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
