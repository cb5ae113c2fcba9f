import { levelsToPixels } from "../../data/tokens/pixels.js";
import type { Sequences } from "../../data/tokens/sequences.js";
import { checkRequest, Images, resolveLabels } from "../../media/images.js";
import { loadedNetwork } from "../../models/architecture.js";
import { batchesOf, paddedRows } from "../../models/batching.js";
import type { ModelFiles } from "../../models/files.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, compile, Releasable } from "../../runtime/index.js";
import * as kappas from "./kappa.js";
import { type LikelihoodOptions, sequenceNelbos } from "./likelihood.js";
import { discreteArchitecture, inputShapes, processOf } from "./network.js";
import type { Process } from "./process.js";
import { checkFinal, type Denoiser, type Final, givenTokens, type PsiStep, psiSample } from "./sampler.js";
import { schedules } from "./schedule.js";
import type { DiscreteShape } from "./settings.js";

/** Ψ-samplers by name; `rescale`, `cap` and `loop` are ReMDM's rules. */
export const psiSamplers = ["ancestral", "constant", "cap", "rescale", "loop"] as const;
export type PsiSampler = (typeof psiSamplers)[number];

export interface DiscreteSampleOptions {
  /** Sequences to draw; default 1. */
  count?: number;
  /** Class name or index, for all or one each; default: all classes in turn. */
  label?: string | number | readonly (string | number)[];
  /** Transitions, 1 … 4096; default 64. The network is evaluated once more than that. */
  steps?: number;
  /** Default ancestral. */
  sampler?: PsiSampler;
  /** Of `constant`: share of predictor, in [0, 1]; default 0.95. */
  kappa?: number;
  /** Of `cap`, `rescale` and `loop`: re-noising strength, in [0, 1]; default 0.05, 0.1 and 0.05. */
  eta?: number;
  /** Of `constant`, `cap` and `rescale`: they re-noise while off < t ≤ on only; default { on: 1, off: 0 }. */
  window?: { on: number; off: number };
  /** Keeps the most likely tokens of this total probability, in (0, 1]; default 1. */
  nucleus?: number;
  /** The last evaluation: a draw (default), the most likely token, or none. */
  final?: Final;
  /** Classifier-free guidance of the posteriors, 0 … 10; 1, the default, is none and costs half. */
  guidance?: number;
  /** Tokens [L] or [count·L] that stay as they are; −1 where the sampler fills in. */
  given?: Int32Array;
  seed?: number;
  /** Told after each step of a batch of sequences, `first` being the index of its first one. */
  onStep?(step: PsiStep & { first: number }): void;
}

/** Vocabulary above which the network normalises its logits itself. */
const LARGE = 1024;

const ETAS = { cap: 0.05, rescale: 0.1, loop: 0.05 };

/** Options that each sampler has. */
const OWN: Record<PsiSampler, readonly ("kappa" | "eta" | "window")[]> = {
  ancestral: [],
  constant: ["kappa", "window"],
  cap: ["eta", "window"],
  rescale: ["eta", "window"],
  loop: ["eta"],
};

/** A discrete diffusion model: token sequences by Ψ-samplers. */
export class DiscreteModel extends Releasable {
  readonly method = "discrete";
  readonly config: ModelFiles["config"];
  readonly shape: DiscreteShape;
  readonly process: Process;
  private readonly net;
  private readonly programs = new Map<number, ReturnType<DiscreteModel["compileProgram"]>>();

  constructor(
    files: ModelFiles,
    private readonly options: CompileOptions = {},
  ) {
    super();
    this.config = files.config;
    const { shape, net } = loadedNetwork(discreteArchitecture, files);
    this.shape = shape;
    this.process = processOf(shape);
    this.net = net;
  }

  get classNames(): readonly string[] | null {
    return this.config.classNames;
  }

  /** Throws where an option is out of its range, or has no effect. */
  check(options: DiscreteSampleOptions = {}): void {
    const { count = 1, steps = 64, sampler = "ancestral", guidance = 1, nucleus = 1, given } = options;
    checkRequest(options, this.classNames);
    if (!(Number.isInteger(steps) && steps >= 1 && steps <= 4096))
      throw new Error(`steps must be a whole number in [1, 4096], got ${steps}.`);
    if (!psiSamplers.includes(sampler))
      throw new Error(`sampler must be one of ${psiSamplers.join(", ")}, got "${sampler}".`);
    if (!(guidance >= 0 && guidance <= 10)) throw new Error(`guidance must be in [0, 10], got ${guidance}.`);
    if (guidance !== 1 && this.shape.classes === 0)
      throw new Error(`This model has no classes to be guided to; leave out the guidance ${guidance}.`);
    if (!(nucleus > 0 && nucleus <= 1)) throw new Error(`nucleus must be in (0, 1], got ${nucleus}.`);
    for (const name of ["kappa", "eta", "window"] as const)
      if (options[name] !== undefined && !OWN[sampler].includes(name)) {
        const instead = name === "window" ? undefined : OWN[sampler][0];
        throw new Error(`The sampler ${sampler} takes no ${name}; ${instead ? `set ${instead}` : "leave it out"}.`);
      }
    checkFinal(options.final);
    if (given) givenTokens(this.process, given, this.shape.length, count);
    this.rule(options);
  }

  /** Network evaluations per sequence: one more than the steps (as many with `final: "none"`), twice with guidance. */
  nfe(options: DiscreteSampleOptions = {}): number {
    this.check(options);
    const { steps = 64, final, guidance = 1 } = options;
    return (steps + (final === "none" ? 0 : 1)) * (guidance === 1 || guidance === 0 ? 1 : 2);
  }

  private compileProgram(batch: number) {
    return compile(
      inputShapes(this.shape, batch),
      ({ tokens, sigma, labels }) => {
        const logits = this.net(tokens, sigma, labels);
        const { vocabulary } = this.shape;
        return { logits, ...(vocabulary > LARGE ? { logNormaliser: logits.logSumExp(-1) } : {}) };
      },
      { freeze: true, ...this.options },
    );
  }

  private programFor(batch: number) {
    let program = this.programs.get(batch);
    if (!program) this.programs.set(batch, (program = this.compileProgram(batch)));
    return program;
  }

  /** The network for a batch of sequences: tokens [B·L] and sigma [B] to logits [B, L, K]. Labels [B]; without: no class. */
  denoiser(batch: number, labels: Int32Array = new Int32Array(batch).fill(this.shape.classes)): Denoiser {
    const program = this.programFor(batch);
    return async (tokens, sigma) => {
      const { logits, logNormaliser } = await program.run({ tokens, sigma, labels });
      return logNormaliser ? { logits, logNormaliser } : logits;
    };
  }

  /** Draws token sequences, [count·L]. The same options give the same tokens. */
  async sampleTokens(options: DiscreteSampleOptions = {}): Promise<Int32Array> {
    this.check(options);
    const { length, classes } = this.shape;
    const { count = 1, label, steps = 64, nucleus, final, guidance = 1, given, seed = 0, onStep } = options;
    const labels = resolveLabels(label, count, this.classNames);
    const random = new Random(seed, "sample");
    const tokens = new Int32Array(count * length);
    for (const part of batchesOf(count)) {
      const { at, n, batch } = part;
      const own = classes > 0 ? paddedRows(labels, 1, part) : undefined;
      const fixed = given && (given.length === length ? given : paddedRows(given, length, part).fill(-1, n * length));
      for await (const step of psiSample(this.denoiser(batch, own), this.process, {
        length,
        batch,
        steps,
        ...this.rule(options),
        nucleus,
        final,
        given: fixed,
        guidance: guidance === 1 ? undefined : { weight: guidance, unconditional: this.denoiser(batch) },
        random,
        first: at,
      })) {
        tokens.set(step.tokens.subarray(0, n * length), at * length);
        onStep?.({ ...step, first: at });
      }
    }
    return tokens;
  }

  /** NELBO of each sequence, in nats per token. @see sequenceNelbos */
  nelbos(sequences: Sequences, options?: LikelihoodOptions): Promise<Float64Array> {
    return sequenceNelbos(this.net, this.shape, sequences, options, this.options);
  }

  /** Schedule, grid and κ of a named sampler. */
  private rule({ steps = 64, sampler = "ancestral", kappa = 0.95, eta, window }: DiscreteSampleOptions) {
    const schedule = schedules[this.shape.schedule]();
    const confined = (rule: kappas.Kappa) => (window ? kappas.within(window, rule) : rule);
    switch (sampler) {
      case "ancestral":
        return { schedule };
      case "constant":
        return { schedule, kappa: confined(kappas.constant(kappa)) };
      case "cap":
        return { schedule, kappa: confined(kappas.cap(eta ?? ETAS.cap)) };
      case "rescale":
        return { schedule, kappa: confined(kappas.rescale(eta ?? ETAS.rescale)) };
      case "loop":
        return { schedule, ...kappas.loop(schedule, steps, { eta: eta ?? ETAS.loop }) };
    }
  }

  /** The network for a batch as an ONNX model with inputs tokens, sigma and (with classes) labels. */
  toOnnx(batch = 1): Uint8Array {
    return this.compileProgram(batch).toOnnx({
      method: this.method,
      shape: JSON.stringify(this.shape),
      classes: JSON.stringify(this.config.classNames),
    });
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const program of this.programs.values()) await program.release();
    this.programs.clear();
  }
}

/** A model of pixels. */
export class DiscreteImageModel extends DiscreteModel {
  get levels(): number {
    return this.shape.vocabulary;
  }

  async sample(options: DiscreteSampleOptions = {}): Promise<Images> {
    const { vocabulary, image } = this.shape;
    if (!image) throw new Error(`${this.config.name} draws text, not images.`);
    const { count = 1, label } = options;
    const tokens = await this.sampleTokens(options);
    const labels = this.classNames ? resolveLabels(label, count, this.classNames) : null;
    const { height, width, channels } = image;
    return new Images(levelsToPixels(tokens, vocabulary), count, channels, height, width, labels);
  }
}
