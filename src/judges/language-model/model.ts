import { loadTokenizer, requireTokens, type Tokenizer } from "../../data/tokens/tokenizer.js";
import { show } from "../../io/show.js";
import { loadedNetwork } from "../../models/architecture.js";
import { type LoadOptions, type ModelConfig, type ModelFiles, NoSuchModel, readModel } from "../../models/files.js";
import { graph, Programs } from "../../models/programs.js";
import { type CompileOptions, Releasable } from "../../runtime/index.js";
import { languageModelArchitecture, shifted, tokenNats } from "./network.js";
import type { LanguageModelShape } from "./shape.js";

/** A trained autoregressive judge of text. */
export class LanguageModel extends Releasable {
  readonly config: ModelFiles["config"];
  readonly shape: LanguageModelShape;
  private readonly net;
  private readonly programs: Programs;

  constructor(
    files: ModelFiles,
    readonly tokenizer: Tokenizer,
    options: CompileOptions = {},
  ) {
    super();
    this.programs = new Programs(files.config.name, options);
    this.config = files.config;
    const { shape, net } = loadedNetwork(languageModelArchitecture, files);
    requireTokens(tokenizer, shape.vocabulary);
    this.shape = shape;
    this.net = net;
  }

  /** A model by folder (of a model or a training run), shipped name or URL. */
  static async load(location: string, options?: LoadOptions): Promise<LanguageModel> {
    const choose = ({ method }: ModelConfig) => {
      if (method === "language-model") return languageModelArchitecture;
      throw new NoSuchModel(`${location}: a ${show(method)} model does not judge text.`);
    };
    const files = await readModel(location, choose, options);
    return new LanguageModel(files, await loadTokenizer(files.config.text?.tokenizer), options);
  }

  get name(): string {
    return `the autoregressive transformer ${this.config.name}`;
  }

  /** What stands before each token, and the tokens, to the sequences' nats. */
  private graph(length: number) {
    return graph({
      inputs: (size: number) => {
        const tokens = { shape: [size, length], dtype: "int32" as const };
        return { before: tokens, tokens };
      },
      build: ({ before, tokens }) => ({ nats: tokenNats(this.net(before), tokens).sum(1) }),
    });
  }

  /** −log p of each sequence of `length` of this model's tokens, in nats, [count]. */
  async nats(tokens: Int32Array, length: number, { signal }: { signal?: AbortSignal } = {}): Promise<Float64Array> {
    const count = tokens.length / length;
    if (!(Number.isInteger(count) && count >= 1))
      throw new Error(`${tokens.length} tokens are no whole number of sequences of ${length}.`);
    const { vocabulary } = this.shape;
    const bad = tokens.find((token) => !(token >= 0 && token < vocabulary));
    if (bad !== undefined) throw new Error(`Token ${bad} is outside the judge's vocabulary 0 … ${vocabulary - 1}.`);
    const feeds = { before: shifted(tokens, length, vocabulary), tokens };
    const { nats } = await this.programs.rows(`nats ${length}`, this.graph(length), count, feeds, { signal });
    return Float64Array.from(nats);
  }

  release(): Promise<void> {
    return this.programs.release();
  }
}
