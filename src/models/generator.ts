import type { z } from "zod";
import type { Dialogue } from "../data/dialogue-dataset.js";
import type { Sequences } from "../data/tokens/sequences.js";
import type { Tokenizer } from "../data/tokens/tokenizer.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import type { Gestures } from "../media/gestures.js";
import type { Images } from "../media/images.js";
import type { Motions } from "../media/motions.js";
import type { Texts } from "../media/texts.js";
import type { Clip, Spot } from "../motion/index.js";
import type { Batch } from "./batches.js";
import type { Edit } from "./edits.js";
import type { ModelConfig } from "./files.js";

/** What generators give, by kind. */
export interface Outputs {
  image: Images;
  text: Texts;
  motion: Motions;
  gesture: Gestures;
}
export type Kind = keyof Outputs;
export const KINDS: readonly Kind[] = ["image", "text", "motion", "gesture"];

/** @throws OptionError unless it is a kind, or absent */
export function requireKind(kind: unknown): void {
  if (kind === undefined || KINDS.some((one) => one === kind)) return;
  throw new OptionError(`kind must be "image", "text", "motion" or "gesture", got ${show(kind)}.`);
}

/** What a generator gives, whichever it is. */
export type Output = Outputs[Kind];

/** Told after each part of something long: how much is done, and of how much. */
export type Progress = (done: number, total: number) => void;

/** What comes beside the options: arrays that stand in for drawn ones, and control over the work. */
export interface SampleContext {
  /** Gaussian noise instead of a seed's: as many numbers for each sample as the model draws. */
  noise?: Float32Array;
  /**
   * Weights of the classes of each sample [count · classes] instead of a label, each row adding up to 1. Not of discrete
   * models. Samples of a mixture have no label.
   */
  mixture?: Float32Array;
  /** Tokens [L] or [count·L] that stay as they are, −1 where the sampler fills in. Of discrete models. */
  given?: Int32Array;
  /**
   * States of the words of the prompt of each sample, [count · words · width]; a word whose numbers are all 0 is none. Of
   * models whose text encoder is another's.
   */
  states?: Float32Array;
  /** Samples of the two people's voices at 16 kHz, equally many. Of models of gestures. */
  sounds?: readonly [Float32Array, Float32Array];
  /**
   * Dialogues whose sounds, relation and traits are drawn for, one for each sample, cut to the shortest. Of models of
   * gestures, instead of sounds.
   */
  dialogues?: readonly Dialogue[];
  /**
   * Clips on the body of 52 joints, of a second or more, that show how the first and the second person move; null: not
   * known. Of models of gestures; of all samples.
   */
  styles?: Styles;
  /** Aborting ends the work after the present network evaluation; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told how many of the samples are done. */
  onProgress?: Progress;
  /** Told after each step how many are done, of those of all batches. */
  onStep?: Progress;
}

/** One of several requests that are drawn together: its options, and the arrays that stand in for drawn ones. */
export interface SampleRequest<Options extends object = SampleOptions> extends Pick<SampleContext, "noise" | "given"> {
  options?: Options;
}

/** Where a sampler stands. */
export interface Step<O extends Output = Output> {
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** Network evaluations of each sample so far. */
  readonly evaluations: number;
  /** Index of the batch's first sample. */
  readonly first: number;
  /** The batch as it is after this step. It may cost an evaluation of a decoder, hence a function. */
  output(): Promise<O>;
  /** What else the method tells, such as which tokens a Ψ-sampler has changed. */
  readonly detail?: unknown;
}

/** A request in batches, each of which can be drawn alone, in any order and in any process: the samples are the same. */
export interface Batched<O extends Output = Output> {
  readonly count: number;
  readonly batches: readonly Batch[];
  /** Steps of each batch. */
  readonly steps: number;
  /** Draws a batch step by step; `samples` are its `n` rows, which may cost an evaluation of a decoder. */
  draw(batch: Batch): AsyncGenerator<{
    step: number;
    evaluations: number;
    samples(): Promise<Float32Array | Int32Array>;
    detail?: unknown;
  }>;
  /** What the rows of a batch's samples are. */
  output(batch: Batch, samples: Float32Array | Int32Array): O;
}

/** An input of an exported network; its first axis, of any length, is the batch. */
export interface PartInput {
  readonly name: string;
  readonly dtype: "float32" | "int32";
  /** The axes behind the batch. */
  readonly axes: readonly number[];
}

/** A network of a model that can be written as ONNX. */
export interface Part {
  readonly summary: string;
  /** What it takes, by name. */
  readonly inputs: readonly PartInput[];
  /**
   * The network as an ONNX model, for batches of `size` rows or else of any size. Its metadata say what it is (`model`,
   * `method`, `summary`), what each input means (`inputs`, JSON) and the names of the classes (`classes`, JSON or null).
   */
  toOnnx(size?: number): Uint8Array;
}

/** Options of any generator; which of them a model takes, and their ranges, its `options` says. */
export interface SampleOptions {
  count?: number;
  label?: string | number | readonly (string | number)[];
  guidance?: number;
  steps?: number;
  seed?: number;
  [option: string]: unknown;
}

/** A loaded model that draws. */
export interface Generator<K extends Kind = Kind, Options extends object = SampleOptions> extends AsyncDisposable {
  readonly kind: K;
  readonly method: string;
  readonly config: ModelConfig;
  readonly classNames: readonly string[] | null;
  /** What a sample may be asked for: every option with its range, preset and description. */
  readonly options: z.ZodObject;
  /** Networks that can be exported by name; the first is the one that a sample runs last. */
  readonly parts: Readonly<Record<string, Part>>;
  /** Noise and classes to `images` as one network; absent where a sample takes several evaluations. */
  readonly whole?: Part;
  /** Network evaluations for each sample, over all windows of a long text. @throws OptionError as `sample` does. */
  cost(options?: Options): number;
  /** Draws. The same options give the same samples, whatever else is drawn. @throws OptionError */
  sample(options?: Options, context?: SampleContext): Promise<Outputs[K]>;
  /** Draws batch by batch and step by step; the last step of a batch holds what `sample` gives. @throws OptionError */
  stream(options?: Options, context?: SampleContext): AsyncGenerator<Step<Outputs[K]>, void, void>;
  /**
   * What is drawn, in batches, for those who divide it and tell its progress themselves; absent where a model draws all at
   * once. @throws OptionError
   */
  inBatches?(options?: Options, context?: SampleContext): Promise<Batched<Outputs[K]>>;
  /**
   * The Gaussian noise that samples of these options begin with, as many numbers for each as the model draws: to be
   * mixed or moved, and given back as `noise` of the context. @throws OptionError also where a model begins with tokens
   */
  drawNoise(options?: Options): Float32Array;
  /** Requests for which this says the same can be drawn together, whatever else they ask for. @throws OptionError */
  sharing(options?: Options): string;
  /**
   * Draws several requests in shared batches; each gets what `sample` gives it alone. @throws OptionError, also where
   * `sharing` does not say the same of all of them
   */
  sampleTogether(
    requests: readonly SampleRequest<Options>[],
    context?: Pick<SampleContext, "signal" | "onStep">,
  ): Promise<Outputs[K][]>;
  /** Seconds spent so far on compiling, which a first sample waits for. */
  readonly compilingSeconds: number;
  /**
   * Frees sessions and threads. What is being drawn ends after the present network evaluation, and rejects with an
   * `AbortError`. A model that is used again starts anew.
   */
  release(): Promise<void>;
}

/** A generator of images. */
export interface ImageGenerator<Options extends object = SampleOptions> extends Generator<"image", Options> {
  /** Levels that a pixel can have, for models that draw such: what they are compared with is rounded to them. */
  readonly levels?: number;
  /** What the model keeps of pictures, for models that encode. */
  reconstruct?(images: Images, options?: { signal?: AbortSignal }): Promise<Images>;
  /** What can be done to pictures, by name, for models that edit. */
  readonly edits?: Readonly<Record<string, Edit>>;
}

/** A generator of text, token by token. */
export interface TextGenerator<Options extends object = SampleOptions> extends Generator<"text", Options> {
  readonly tokenizer: Tokenizer;
  /** Tokens of a sequence. */
  readonly length: number;
  /** Whether a sequence is one line, such as a name. */
  readonly lines: boolean;
  /** Text of one sequence. */
  decode(tokens: Int32Array): string;
  /** Bound of −log p of each sequence in nats per token, for models that have one. */
  nelbos?(
    sequences: Sequences,
    options?: { limit?: number; draws?: number; seed?: number; signal?: AbortSignal },
  ): Promise<Float64Array>;
}

/** A block that is still in the making, as it would come if all went on as now. */
export interface MotionGuess {
  /** It begins where the block before it is guessed to end. */
  readonly clip: Clip;
  /** How much of the way from noise to clean is done, 0 to 1. */
  readonly certainty: number;
}

/** A motion that goes on for ever, block after block. */
export interface MotionSession {
  /** Frames of a block. */
  readonly frames: number;
  /** Blocks in the making at once: a new text shows in full after as many at most. */
  readonly delay: number;
  /** How strongly it follows its text from now on. @throws OptionError */
  guidance: number;
  /** What is to be shown from now on; null: anything. Blocks that are not yet given change with it. @throws OptionError */
  say(text: string | null): void;
  /**
   * A path on the floor that the root is to follow from the next block on: points [x, z] in metres; null: none. Before the
   * first block it is also where the figure begins. @throws OptionError
   */
  follow(points: readonly Spot[] | null): void;
  /** The next block; its clip begins where the one before it ended. */
  next(): Promise<Clip>;
  /**
   * The blocks in the making, nearest first, as the network foresaw them when the last block was drawn; none before the
   * first, or where blocks are made one by one. What comes is the same with and without it.
   */
  ahead(): Promise<MotionGuess[]>;
  /** Ends it. */
  close(): void;
}

/** What comes beside the options of a session. */
export interface OpenContext {
  /** Aborting ends it. */
  signal?: AbortSignal;
  /** A clip on the body of 22 joints that it goes on from, where it ends. */
  from?: Clip;
}

/** A generator of motions. */
export interface MotionGenerator<Options extends object = SampleOptions> extends Generator<"motion", Options> {
  /** Frames a second. */
  readonly fps: number;
  /** What a session may be asked for; null where the model has none. */
  readonly sessionOptions: z.ZodObject | null;
  /** Why a prompt cannot be shown; null where it can. */
  unreadable(prompt: string): string | null;
  /** Begins a motion that goes on for ever. @throws OptionError */
  open(options?: SampleOptions, context?: OpenContext): Promise<MotionSession>;
}

/** How each of two people moves, by an example; null: not known. */
export type Styles = readonly [Clip | null, Clip | null];

/** Two people who talk, as their voices come in. */
export interface GestureSession {
  /** Frames of a block. */
  readonly frames: number;
  /** Takes the next samples of both voices at 16 kHz, equally many; null is silence as long as the other. @throws OptionError */
  push(first: Float32Array | null, second: Float32Array | null): void;
  /** The next block of both, or null where not enough has been heard for it. */
  pull(): Promise<readonly [Clip, Clip] | null>;
  /** How probable it is that each speaks, frame by frame of the block that was pulled last, 0 … 1; empty before the first. */
  readonly speech: readonly [Float32Array, Float32Array];
  /** Options that hold from the next block on, beside those that are not named; all but the seed. @throws OptionError */
  change(options: SampleOptions): void;
  /** Ends it. */
  close(): void;
}

/** A generator of the gestures of two people in conversation. */
export interface GestureGenerator<Options extends object = SampleOptions> extends Generator<"gesture", Options> {
  /** Frames a second. */
  readonly fps: number;
  /** What a session may be asked for. */
  readonly sessionOptions: z.ZodObject;
  /** Begins a conversation that goes on for ever. @throws OptionError */
  open(options?: SampleOptions, context?: { signal?: AbortSignal; styles?: Styles }): Promise<GestureSession>;
}

/** Generators by kind. */
export interface Generators {
  image: ImageGenerator;
  text: TextGenerator;
  motion: MotionGenerator;
  gesture: GestureGenerator;
}
export type AnyGenerator = Generators[Kind];
