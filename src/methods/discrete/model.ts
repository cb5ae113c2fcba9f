import type { z } from "zod";
import type { Sequences } from "../../data/tokens/sequences.js";
import type { ModelConfig } from "../../models/files.js";
import type { Kind, SampleContext } from "../../models/generator.js";
import { resolveLabels } from "../../models/inputs.js";
import { type BatchStep, type DrawnBatch, Model, type Origin, type Rows } from "../../models/model.js";
import { OptionError } from "../../models/options.js";
import { graph } from "../../models/programs.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { type LikelihoodOptions, sequenceNelbos } from "./likelihood.js";
import { type DiscreteNetwork, inputShapes, processOf } from "./network.js";
import type { pixelOptions, textOptions } from "./options.js";
import type { Process } from "./process.js";
import { ruleOf } from "./rules.js";
import { type Denoiser, givenTokens, type PsiStep, psiSample } from "./sampler.js";
import { schedules } from "./schedule.js";
import type { DiscreteShape } from "./shape.js";
import { columns, type Window, windowsOf, withColumns } from "./windows.js";

/** Vocabulary above which the network normalises its logits itself. */
const LARGE = 1024;

/** What a step of a Ψ-sampler tells beside the tokens. */
export type StepDetail = Pick<PsiStep, "t" | "alpha" | "kappa" | "changes" | "tokens">;

/** A discrete diffusion model: token sequences by Ψ-samplers. */
export abstract class DiscreteModel<
  K extends Kind,
  S extends ReturnType<typeof pixelOptions> | ReturnType<typeof textOptions>,
> extends Model<K, S> {
  readonly process: Process;
  readonly length: number;

  constructor(
    config: ModelConfig,
    readonly shape: DiscreteShape,
    private readonly net: DiscreteNetwork,
    options: S,
    private readonly compileOptions: CompileOptions = {},
  ) {
    super(config, options, compileOptions);
    this.process = processOf(shape);
    this.length = shape.length;
  }

  /** Tokens and sigma (and labels) to logits. */
  private readonly network = graph({
    inputs: (size: number) => inputShapes(this.shape, size),
    build: ({ tokens, sigma, labels }) => {
      const logits = this.net(tokens, sigma, labels);
      return { logits, ...(this.shape.vocabulary > LARGE ? { logNormaliser: logits.logSumExp(-1) } : {}) };
    },
  });

  get parts() {
    const { length, classes } = this.shape;
    const { kind, states } = this.process;
    const mask = kind === "masked" ? "; the last is the mask" : "";
    return {
      denoiser: this.part("tokens, sigma and (with classes) labels to logits", this.network, {
        tokens: `int32 [batch, ${length}]: noisy tokens, 0 … ${states - 1}${mask}`,
        sigma: "float32 [batch]: noise level, −log of the share of tokens that are kept",
        labels: `int32 [batch]: class, 0 … ${classes}; the last is none`,
      }),
    };
  }

  /**
   * The network for a batch of sequences: tokens [B·L] and sigma [B] to logits [B, L, K]. Labels [B]; without: no
   * class.
   */
  denoiser(size: number, labels: Int32Array = new Int32Array(size).fill(this.shape.classes)): Denoiser {
    return async (tokens, sigma) => {
      const { logits, logNormaliser } = await this.programs.run("denoiser", this.network, size, {
        tokens,
        sigma,
        labels,
      });
      return logNormaliser ? { logits, logNormaliser } : logits;
    };
  }

  /** NELBO of each sequence, in nats per token. @see sequenceNelbos */
  nelbos(sequences: Sequences, options?: LikelihoodOptions): Promise<Float64Array> {
    return sequenceNelbos(this.net, this.shape, sequences, options, this.compileOptions);
  }

  protected evaluations(options: z.output<S>): number {
    return this.stepsOf(options) * this.passes(options);
  }

  /** Network evaluations of a step: guidance takes two. */
  private passes({ guidance = 1 }: z.output<S>): number {
    return guidance === 1 || guidance === 0 ? 1 : 2;
  }

  protected stepsOf(options: z.output<S>): number {
    return this.windowsOf(options).length * this.windowSteps(options);
  }

  /** Steps of one window. */
  private windowSteps({ steps, final }: z.output<S>): number {
    return steps + (final === "none" ? 0 : 1);
  }

  /** Tokens of a sample. */
  protected sampleLength(options: z.output<S>): number {
    return (options as { length?: number }).length ?? this.length;
  }

  private windowsOf(options: z.output<S>): Window[] {
    const { overlap = Math.ceil(this.length / 2) } = options as { overlap?: number };
    return windowsOf(this.sampleLength(options), this.length, overlap);
  }

  /** The tokens that are given, or made of the options. */
  protected given(_options: z.output<S>, { given }: SampleContext): Int32Array | undefined {
    return given;
  }

  protected override get standIns() {
    return ["given"] as const;
  }

  /** Seeds stand in the rows' origins, and what is given of a text in the rows. */
  protected override shared(options: z.output<S>): object {
    const { count: _, label: __, seed: ___, ...others } = options;
    const { prompt: ____, template: _____, blank: ______, ...shared } = others as Record<string, unknown>;
    return shared;
  }

  protected begin(options: z.output<S>, context: SampleContext): Rows {
    const { count, label, seed } = options;
    const length = this.sampleLength(options);
    const given = this.given(options, context) ?? new Int32Array(length).fill(-1);
    return {
      label: resolveLabels(label, count, this.classNames, seed),
      given: wrongUse(() => givenTokens(this.process, given, length, count)),
    };
  }

  /**
   * Window after window, each given what the text so far has of it. Window 0 draws what a text of one window draws, so
   * that a longer text begins as a shorter one does.
   */
  protected async *draw(rows: Rows, options: z.output<S>, batch: DrawnBatch): AsyncGenerator<BatchStep> {
    const { vocabulary } = this.shape;
    const length = this.sampleLength(options);
    /** [size, length]; −1 where nothing is known yet. */
    let text = rows.given as Int32Array;
    for (const [number, { start }] of this.windowsOf(options).entries()) {
      const place = { length, start, width: this.length };
      const soFar = text;
      const given = columns(text, place, -1);
      let last: PsiStep | null = null;
      for await (const step of this.drawWindow(number, given, rows, options, batch)) {
        last = step;
        const { t, alpha, kappa } = step;
        const tokens = () => withColumns(soFar, place, step.tokens).map((token) => (token < 0 ? vocabulary : token));
        const detail: StepDetail = {
          t,
          alpha,
          kappa,
          get tokens() {
            return tokens();
          },
          get changes() {
            return withColumns(new Uint8Array(soFar.length), place, step.changes);
          },
        };
        yield {
          evaluations: step.nfe + number * this.windowSteps(options) * this.passes(options),
          rows: tokens,
          detail,
        };
      }
      // What a masked model has left open is open to the next window
      text = withColumns(text, place, last!.tokens).map((token) => (token === vocabulary ? -1 : token));
    }
  }

  private drawWindow(
    number: number,
    given: Int32Array,
    rows: Rows,
    options: z.output<S>,
    { size, origins }: DrawnBatch,
  ): AsyncGenerator<PsiStep> {
    const { steps, sampler, nucleus, final, guidance = 1 } = options;
    const schedule = schedules[this.shape.schedule]();
    const own = this.shape.classes > 0 ? (rows.label as Int32Array) : undefined;
    const streamOf = ({ seed, index }: Origin) => {
      const random = new Random(seed, "sample");
      return (number === 0 ? random : random.split(`window ${number}`)).split(index);
    };
    return psiSample(this.denoiser(size, own), this.process, {
      length: this.length,
      batch: size,
      random: (row) => streamOf(origins[row]),
      steps,
      schedule,
      ...ruleOf(sampler).make(options, schedule, steps),
      nucleus,
      final,
      given,
      guidance: guidance === 1 ? undefined : { weight: guidance, unconditional: this.denoiser(size) },
    });
  }
}

/** What `check` throws is the fault of whoever asked. */
export function wrongUse<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new OptionError((error as Error).message, { cause: error });
  }
}
