import { LINE_END, loadTokenizer, requireTokens, type Tokenizer } from "../../data/tokens/tokenizer.js";
import type { ModelFiles } from "../../models/files.js";
import type { CompileOptions } from "../../runtime/index.js";
import { DiscreteModel, type DiscreteSampleOptions } from "./model.js";
import { continuation } from "./sampler.js";

export interface TextSampleOptions extends DiscreteSampleOptions {
  /** Beginning that stays as it is. */
  prompt?: string;
  /** Text of the sequence's length in characters or fewer, with `_` (or `blank`) where the sampler fills in. */
  template?: string;
  blank?: string;
}

type Beginning = Pick<TextSampleOptions, "prompt" | "template" | "blank" | "given">;

/** A model of text. */
export class TextModel extends DiscreteModel {
  constructor(
    files: ModelFiles,
    readonly tokenizer: Tokenizer,
    options?: CompileOptions,
  ) {
    super(files, options);
    requireTokens(tokenizer, this.shape.vocabulary);
  }

  static async from(files: ModelFiles, options?: CompileOptions): Promise<TextModel> {
    return new TextModel(files, await loadTokenizer(files.config.text?.tokenizer), options);
  }

  /** Whether a sequence is one line, such as a name. */
  get lines(): boolean {
    return this.config.text?.lines ?? false;
  }

  /** Draws texts; of a model of lines, what stands before the first line end. */
  async sample({ prompt, template, blank, ...options }: TextSampleOptions = {}): Promise<string[]> {
    const given = this.givenBy({ prompt, template, blank, given: options.given });
    const tokens = await this.sampleTokens({ ...options, given });
    const { count = 1 } = options;
    const { length } = this.shape;
    return Array.from({ length: count }, (_, i) => this.decode(tokens.subarray(i * length, (i + 1) * length)));
  }

  /** Text of one sequence. */
  decode(tokens: Int32Array): string {
    const text = this.tokenizer.decode(tokens);
    return this.lines ? text.split(LINE_END)[0] : text;
  }

  override check({ prompt, template, blank, ...options }: TextSampleOptions = {}): void {
    super.check(options);
    this.givenBy({ prompt, template, blank, given: options.given });
  }

  private givenBy({ prompt, template, blank, given }: Beginning): Int32Array | undefined {
    const { length } = this.shape;
    if (prompt !== undefined && template !== undefined) throw new Error("Give a prompt or a template, not both.");
    if (blank !== undefined && template === undefined) throw new Error("A blank stands in a template; give one.");
    if (blank === "") throw new Error("The blank of a template must have at least one character.");
    if (given) {
      if (prompt === undefined && template === undefined) return given;
      throw new Error("Give tokens, or a prompt or template, not both.");
    }
    if (prompt !== undefined) return continuation(this.tokenizer.encode(prompt), length);
    if (template === undefined) return undefined;
    const tokens = template
      .split(blank ?? "_")
      .flatMap((part, i) => [...(i > 0 ? [-1] : []), ...this.tokenizer.encode(part)]);
    if (tokens.length > length)
      throw new Error(`The template has ${tokens.length} tokens, the sequence ${length}; shorten the template.`);
    return continuation(tokens, length);
  }
}
