import { OptionError } from "../../models/options.js";
import { textMask } from "./masks.js";
import { repeated } from "./repeated.js";
import type { SessionModel } from "./session-model.js";
import { partsOf, type Words } from "./words.js";

/** What a session shows, as the network reads it: in the first of its rows, and no words in the other. */
export class LiveText {
  private text: string | null = null;
  private words: Words | null = null;
  private memory: { keys: Float32Array; values: Float32Array } | null = null;

  constructor(
    private readonly model: SessionModel,
    private readonly rows: number,
  ) {}

  /** Shows another text; null: anything. @returns whether it is another one @throws OptionError where it cannot be shown */
  say(text: string | null): boolean {
    if (text !== null) {
      this.model.vocabulary.require(text);
      const parts = partsOf(text);
      if (parts.length > 1)
        throw new OptionError(
          `A session shows one thing at a time: say ${JSON.stringify(parts[0])} first, and ${JSON.stringify(parts[1])} when it is time.`,
        );
    }
    if (text === this.text) return false;
    this.text = text;
    this.words = text === null ? null : this.model.vocabulary.encode(text);
    this.memory = null;
    return true;
  }

  /** The text as it is read; no words where there is none. */
  private get read(): Words {
    const size = 2 * this.model.shape.text.length;
    return this.words ?? { rows: new Int32Array(size), signs: new Float32Array(size) };
  }

  /** What the layers know of it. */
  async remembered(): Promise<{ keys: Float32Array; values: Float32Array }> {
    if (this.memory) return this.memory;
    const { graphs, programs } = this.model;
    const { rows, signs } = this.read;
    const keep = new Float32Array(this.rows);
    keep[0] = this.words ? 1 : 0;
    const words = { words: repeated(rows, this.rows), signs: repeated(signs, this.rows), keep };
    this.memory = await programs.run("memory 1", graphs.memory(1), this.rows, words);
    return this.memory;
  }

  /** Which words the tokens of so many blocks read. */
  mask(blocks: number): Uint8Array {
    const { network, text } = this.model.shape;
    const captions = new Array<number>(blocks).fill(0);
    const { signs } = this.read;
    return repeated(textMask({ captions }, { signs, length: text.length }, network.block), this.rows);
  }
}
