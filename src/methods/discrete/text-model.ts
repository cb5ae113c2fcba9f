import type { z } from "zod";
import { LINE_END, requireTokens, type Tokenizer } from "../../data/tokens/tokenizer.js";
import { joinTexts, Texts } from "../../media/texts.js";
import type { ModelConfig } from "../../models/files.js";
import type { SampleContext } from "../../models/generator.js";
import type { Rows } from "../../models/model.js";
import { OptionError } from "../../models/options.js";
import type { CompileOptions } from "../../runtime/index.js";
import { DiscreteModel, wrongUse } from "./model.js";
import type { DiscreteNetwork } from "./network.js";
import { textOptions } from "./options.js";
import { continuation } from "./sampler.js";
import type { DiscreteShape } from "./shape.js";

/** Stands in a template for a token to be filled in, and in a text for one that is masked yet. */
const BLANK = "_";

type Schema = ReturnType<typeof textOptions>;

/** A model of text. */
export class TextModel extends DiscreteModel<"text", Schema> {
  readonly kind = "text";

  constructor(
    config: ModelConfig,
    shape: DiscreteShape,
    net: DiscreteNetwork,
    readonly tokenizer: Tokenizer,
    options?: CompileOptions,
  ) {
    super(config, shape, net, textOptions(shape, config.text?.lines), options);
    requireTokens(tokenizer, shape.vocabulary);
  }

  /** Whether a sequence is one line, such as a name. */
  get lines(): boolean {
    return this.config.text?.lines ?? false;
  }

  /** Text of one sequence, masked tokens as blanks; of a model of lines, what stands before the first line end. */
  decode(tokens: Int32Array): string {
    const text = this.partsOf(tokens)
      .map((part) => this.tokenizer.decode(part))
      .join(BLANK);
    return this.lines ? text.split(LINE_END)[0] : text;
  }

  /** The tokens between masked ones. */
  private partsOf(tokens: Int32Array): Int32Array[] {
    const masked = Array.from(tokens.keys()).filter((i) => tokens[i] === this.shape.vocabulary);
    return [...masked, tokens.length].map((end, n) => tokens.subarray(n === 0 ? 0 : masked[n - 1] + 1, end));
  }

  protected output(tokens: Int32Array, _rows: Rows, n: number): Texts {
    const length = tokens.length / n;
    const strings = Array.from({ length: n }, (_, i) => this.decode(tokens.subarray(i * length, (i + 1) * length)));
    return new Texts(strings, this.lines, tokens);
  }

  protected join(batches: readonly Texts[]): Texts {
    return joinTexts(batches);
  }

  protected override given(options: z.output<Schema>, { given }: SampleContext) {
    const { prompt, template, blank = BLANK } = options;
    const length = this.sampleLength(options);
    if (prompt === undefined && template === undefined) return given;
    if (given) throw new OptionError("Give tokens, or a prompt or template, not both.");
    return wrongUse(() => {
      if (prompt !== undefined) return continuation(this.tokenizer.encode(prompt), length);
      const parts = template!.split(blank);
      const tokens = parts.flatMap((part, i) => [...(i > 0 ? [-1] : []), ...this.tokenizer.encode(part)]);
      if (tokens.length > length)
        throw new Error(`The template has ${tokens.length} tokens, the sequence ${length}; shorten the template.`);
      return continuation(tokens, length);
    });
  }
}
