import { WrongUse } from "../io/wrong-use.js";
import type { Clip } from "../motion/clip.js";
import { type Media, placeIn } from "./media.js";
import { Motions, motionEnding } from "./motions.js";

/** Two people's motions, or one person's, on one timeline. */
export type Dialogue = readonly [Clip] | readonly [Clip, Clip];

/** A batch of generated dialogues; iterated over, it gives each one's clips. */
export class Gestures implements Media, Iterable<Dialogue> {
  readonly kind = "gesture";
  readonly mimeType = "model/gltf-binary";

  constructor(readonly dialogues: readonly Dialogue[]) {}

  get count(): number {
    return this.dialogues.length;
  }

  [Symbol.iterator](): Iterator<Dialogue> {
    return this.dialogues[Symbol.iterator]();
  }

  /** Dialogue `index` by itself, from the end where it is negative. @throws where there is none. */
  at(index: number): Gestures {
    const i = placeIn(this.count, index, "dialogue");
    return new Gestures([this.dialogues[i]]);
  }

  /** Dialogue `index` as one GLB: its people 1.2 m apart, facing each other. In browsers too. */
  async toGlb(index = 0): Promise<Uint8Array<ArrayBuffer>> {
    const [a, b] = this.at(index).dialogues[0];
    const { writeGlb, writePairGlb } = await import("../io/gltf-write.js");
    return b ? writePairGlb("talk", [a, b]) : writeGlb([{ name: "talk", clip: a }]);
  }

  /** The motions of a person, 0 or 1, of every dialogue. @throws where there is no such person. */
  person(which: 0 | 1): Motions {
    return new Motions(
      this.dialogues.map((people) => {
        const clip = people[which];
        if (!clip) throw new Error("Only one person of these dialogues was drawn.");
        return clip;
      }),
    );
  }

  /** The files that `save` writes for a name. */
  filesOf(path: string): string[] {
    const ending = motionEnding(path);
    const stem = path.slice(0, -ending.length - 1);
    return this.dialogues.flatMap((people, i) => {
      const name = this.count === 1 ? stem : `${stem}-${i}`;
      const alone = ending === "glb" || people.length === 1;
      return alone ? [`${name}.${ending}`] : people.map((_, p) => `${name}-${"ab"[p]}.${ending}`);
    });
  }

  /**
   * Writes them as the name's ending says. A .glb has both people; of the other formats each person gets a file,
   * `talk-a.bvh` and `talk-b.bvh` for `talk.bvh`. Of several dialogues each has its number before that: `talk-0-a.bvh`.
   * Node only. @throws WrongUse where the ending is another, before anything is written.
   */
  async save(path: string): Promise<void> {
    const ending = motionEnding(path);
    if (ending === "png")
      throw new WrongUse(`Gestures of two people are no strip of poses; end ${path} in .glb or .gif.`);
    const { writeFileAtomic } = await import("../io/atomic.js");
    const files = this.filesOf(path);
    if (ending === "glb") for (const [i, file] of files.entries()) await writeFileAtomic(file, await this.toGlb(i));
    else for (const [i, clip] of this.dialogues.flat().entries()) await new Motions([clip]).save(files[i]);
  }
}

/** Batches one after the other. */
export const joinGestures = (parts: readonly Gestures[]): Gestures =>
  new Gestures(parts.flatMap(({ dialogues }) => dialogues));
