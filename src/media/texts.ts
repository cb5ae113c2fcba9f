import type { Media } from "./media.js";

/** A batch of generated texts. */
export class Texts implements Media, Iterable<string> {
  readonly kind = "text";
  readonly mimeType = "text/plain; charset=utf-8";

  constructor(
    readonly strings: readonly string[],
    /** Whether each is one line, such as a name. */
    readonly lines = false,
    /** The tokens that they are made of, [count·L], where a model of tokens drew them. */
    readonly tokens: Int32Array | null = null,
  ) {}

  get count(): number {
    return this.strings.length;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.strings[Symbol.iterator]();
  }

  /** All of them as one text: a line each, or apart by an empty line. */
  toString(): string {
    return `${this.strings.join(this.lines ? "\n" : "\n\n")}\n`;
  }

  /** Writes them to a text file. Node only. @throws where the name ends as that of a picture. */
  async save(path: string): Promise<void> {
    if (/\.(png|jpe?g|webp|gif|avif)$/i.test(path))
      throw new Error(`Texts cannot be saved as a picture (${path}); end it in .txt.`);
    const { writeFileAtomic } = await import("../io/atomic.js");
    await writeFileAtomic(path, this.toString());
  }
}

/** Batches one after the other. */
export function joinTexts(parts: readonly Texts[]): Texts {
  const tokens = parts.every((part) => part.tokens) ? parts.flatMap((part) => [...part.tokens!]) : null;
  return new Texts(
    parts.flatMap(({ strings }) => strings),
    parts[0].lines,
    tokens && Int32Array.from(tokens),
  );
}
