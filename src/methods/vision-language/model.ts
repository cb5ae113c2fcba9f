import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError } from "../../io/wrong-use.js";
import { Images } from "../../media/images.js";
import type { Answer, AnswerContext, Answerer, AnswerRequest } from "../../models/answerer.js";
import { type Described, loadedNetwork } from "../../models/architecture.js";
import {
  imageSize,
  type LoadOptions,
  type ModelConfig,
  type ModelFiles,
  type ModelSource,
  NoSuchModel,
  readModel,
  sourceName,
} from "../../models/files.js";
import { parseOptions } from "../../models/options.js";
import { Programs } from "../../models/programs.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, Releasable } from "../../runtime/index.js";
import { END, SPECIAL, type VisionLanguageNetwork, visionLanguageArchitecture } from "./network.js";
import { answerOptions } from "./options.js";
import { questionTokens } from "./questions.js";
import { answerOf, type Drawn } from "./sampler.js";
import type { VisionLanguageShape } from "./shape.js";
import { Speaker } from "./speaker.js";

/** A model that answers questions about pictures, word by word. */
export class VisionLanguageModel extends Releasable implements Answerer {
  readonly kind = "answer";
  readonly config: ModelConfig;
  readonly shape: VisionLanguageShape;
  /** What an answer may be asked for. */
  readonly options = answerOptions;
  private readonly programs: Programs;
  private readonly speaker: Speaker;

  constructor(
    { config, shape, net }: Described<VisionLanguageShape, VisionLanguageNetwork>,
    options: CompileOptions = {},
  ) {
    super();
    this.config = config;
    this.shape = shape;
    this.programs = new Programs(config.name, options);
    this.speaker = new Speaker(net, shape, this.programs);
  }

  /** A model by folder (of a model or a training run), shipped name, URL or its files. */
  static async load(location: ModelSource, options?: LoadOptions): Promise<VisionLanguageModel> {
    const choose = ({ method }: ModelConfig) => {
      if (method === "vision-language") return visionLanguageArchitecture;
      throw new NoSuchModel(`${sourceName(location)}: a ${show(method)} model answers no questions about pictures.`);
    };
    const files: ModelFiles = await readModel(location, choose, options);
    return new VisionLanguageModel(loadedNetwork(visionLanguageArchitecture, files), options);
  }

  /** Every word that it knows. */
  get words(): readonly string[] {
    return this.shape.words;
  }

  async answer(request: AnswerRequest, context: AnswerContext = {}): Promise<Answer[][]> {
    requireKnown(`a question to ${this.config.name}`, request, [
      "images",
      "questions",
      ...Object.keys(answerOptions.shape),
    ]);
    requireKnown(`the context of ${this.config.name}`, context, ["signal", "onWord"]);
    const { images, questions, ...given } = request;
    const { count, temperature, seed } = parseOptions(answerOptions, given, this.config.name);
    const asked = this.requireQuestions(images, questions);
    const total = Math.max(images.count, asked.length);
    const signal = this.programs.work.signal(context.signal);
    const seen = await this.speaker.see(images.pixels, images.count, signal);
    const random = new Random(seed, "answers");
    const rows = Array.from({ length: total * count }, (_, row) => {
      const [question, draw] = [Math.floor(row / count), row % count];
      return {
        picture: images.count === 1 ? 0 : question,
        tokens: asked.length === 1 ? asked[0] : asked[question],
        random: random.split(question).split(draw),
      };
    });
    const tell = (row: number, { token, probability }: Drawn) => {
      const [question, answer] = [Math.floor(row / count), row % count];
      if (token !== END) context.onWord?.({ question, answer, word: this.wordOf(token), probability });
    };
    const written = await this.speaker.write(rows, seen, { temperature, signal, tell });
    const answers = written.map((drawn): Answer => {
      const { tokens, probability } = answerOf(drawn);
      return { text: tokens.map((token) => this.wordOf(token)).join(" "), probability };
    });
    return Array.from({ length: total }, (_, i) => answers.slice(i * count, (i + 1) * count));
  }

  private wordOf(token: number): string {
    return this.words[token - SPECIAL] ?? "?";
  }

  /** Questions as tokens. @throws OptionError where they, or the pictures, cannot be */
  private requireQuestions(images: unknown, questions: unknown): number[][] {
    if (!(images instanceof Images)) throw new OptionError(`images are Images, got ${show(images)}.`);
    const { height, width, channels } = imageSize(this.config);
    if (images.height !== height || images.width !== width || images.channels !== channels)
      throw new OptionError(
        `${this.config.name} looks at pictures of ${width}×${height}×${channels}, got ${images.width}×${images.height}×${images.channels}.`,
      );
    if (!Array.isArray(questions) || questions.length === 0)
      throw new OptionError(`questions are a list of texts, got ${show(questions)}.`);
    if (images.count !== questions.length && images.count !== 1 && questions.length !== 1)
      throw new OptionError(
        `${images.count} pictures and ${questions.length} questions: give one for all, or as many of each.`,
      );
    return questions.map((question) => questionTokens(question, this.shape));
  }

  release(): Promise<void> {
    return this.programs.release();
  }
}
