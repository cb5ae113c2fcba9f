import { loadTokenizer, requireTokens, type Tokenizer } from "../../data/tokens/tokenizer.js";
import { show } from "../../io/show.js";
import { loadedNetwork } from "../../models/architecture.js";
import { batchesOf, paddedRows } from "../../models/batching.js";
import { type LoadOptions, type ModelConfig, type ModelFiles, NoSuchModel, readModel } from "../../models/files.js";
import { type CompileOptions, compile, Releasable } from "../../runtime/index.js";
import { languageModelArchitecture, shifted, tokenNats } from "./network.js";
import type { LanguageModelShape } from "./shape.js";

/** A trained autoregressive judge of text. */
export class LanguageModel extends Releasable {
  readonly config: ModelFiles["config"];
  readonly shape: LanguageModelShape;
  private readonly net;
  private readonly programs = new Map<string, ReturnType<LanguageModel["compileProgram"]>>();

  constructor(
    files: ModelFiles,
    readonly tokenizer: Tokenizer,
    private readonly options: CompileOptions = {},
  ) {
    super();
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

  private compileProgram(batch: number, length: number) {
    const tokens = { shape: [batch, length], dtype: "int32" as const };
    return compile(
      { before: tokens, tokens },
      ({ before, tokens }) => ({ nats: tokenNats(this.net(before), tokens).sum(1) }),
      { freeze: true, ...this.options },
    );
  }

  /** −log p of each sequence of `length` of this model's tokens, in nats, [count]. */
  async nats(tokens: Int32Array, length: number): Promise<Float64Array> {
    const count = tokens.length / length;
    const { vocabulary } = this.shape;
    const bad = tokens.find((token) => !(token >= 0 && token < vocabulary));
    if (bad !== undefined) throw new Error(`Token ${bad} is outside the judge's vocabulary 0 … ${vocabulary - 1}.`);
    const out = new Float64Array(count);
    for (const part of batchesOf(count)) {
      const key = `${part.batch}×${length}`;
      let program = this.programs.get(key);
      if (!program) this.programs.set(key, (program = this.compileProgram(part.batch, length)));
      const rows = paddedRows(tokens, length, part);
      const { nats } = await program.run({ before: shifted(rows, length, vocabulary), tokens: rows });
      for (let i = 0; i < part.n; i++) out[part.at + i] = nats[i];
    }
    return out;
  }

  async release(): Promise<void> {
    for (const program of this.programs.values()) await program.release();
    this.programs.clear();
  }
}
