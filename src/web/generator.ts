import type { Progress } from "../data/progress.js";
import type { Channels } from "../io/channels.js";
import type { Gestures } from "../media/gestures.js";
import type { EditInfo } from "../models/edits.js";
import type { LoadOptions, ModelConfig } from "../models/files.js";
import type { Kind } from "../models/generator.js";
import type { OptionInfo } from "../models/options.js";
import type { Clip } from "../motion/index.js";
import type { DeviceName } from "../runtime/index.js";
import type { Pictures } from "./pictures.js";
import type { WebSessions } from "./sessions.js";

/** What a generator is, without its network: all that a form or a caption needs. It can be sent between threads. */
export interface GeneratorInfo {
  readonly kind: Kind;
  readonly method: string;
  readonly name: string;
  readonly config: ModelConfig;
  readonly classNames: readonly string[] | null;
  /** What a sample may be asked for, by name. */
  readonly options: Readonly<Record<string, OptionInfo>>;
  /** What can be done to pictures with no more than a mask, by name; none for models that do not edit. */
  readonly edits: Readonly<Record<string, EditForm>>;
  /** Size of a picture, of models of images. */
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels } | null;
  /** Of models of text: tokens of a sequence, and whether a sequence is one line. */
  readonly text: { readonly length: number; readonly lines: boolean } | null;
  /** Frames a second, of models of motions. */
  readonly motion: { readonly fps: number } | null;
  /** Frames a second, of models of gestures. */
  readonly gesture: { readonly fps: number } | null;
  /** What a session may be asked for, by name; null of models without sessions. */
  readonly sessionOptions: Readonly<Record<string, OptionInfo>> | null;
  /** Where it computes, and with how many threads. */
  readonly device: DeviceName;
  readonly threads: number;
}

/** An edit as a form sees it. */
export interface EditForm extends Pick<EditInfo, "summary" | "takes" | "gives"> {
  readonly options: Readonly<Record<string, OptionInfo>>;
}

/** Texts, with the tokens that they are made of as pieces of text: piece i of sample n is `pieces[n][i]`. */
export interface DrawnTexts {
  readonly strings: readonly string[];
  readonly pieces: readonly (readonly string[])[];
  /** [count·length]. */
  readonly tokens: Int32Array;
}
/** Motions, with what each was asked to show. */
export interface DrawnMotions {
  readonly clips: readonly Clip[];
  readonly prompts: readonly string[] | null;
}
/** Dialogues: the motions of both people, or of the first. */
export interface DrawnGestures {
  readonly dialogues: Gestures["dialogues"];
}
export interface Drawn {
  image: Pictures;
  text: DrawnTexts;
  motion: DrawnMotions;
  gesture: DrawnGestures;
}

/** What comes beside the options. */
export interface DrawContext {
  /** Gaussian noise instead of a seed's, as many numbers as `noise` gives for these options. */
  noise?: Float32Array;
  /**
   * Weights of the classes of each sample [count · classes], each row adding up to 1, instead of a label. Not of
   * discrete models.
   */
  mixture?: Float32Array;
  /** Tokens [L] or [count·L] that stay as they are, −1 where the model fills in. Of discrete models. */
  given?: Int32Array;
  /** Two people's voices at 16 kHz, equally long. Of models of gestures. */
  sounds?: readonly [Float32Array, Float32Array];
  /** Aborting ends the work, or removes it from the queue; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told after each step how many are done, of those of all batches; of an edit, its updates. */
  onProgress?(done: number, total: number): void;
}

/** The names of a {@link DrawContext}. */
export const CONTEXT: readonly string[] = ["noise", "mixture", "given", "sounds", "signal", "onProgress"];

/** Where a sampler stands. */
export interface DrawnStep<K extends Kind = Kind> {
  readonly step: number;
  readonly steps: number;
  /** Network evaluations of each sample so far. */
  readonly evaluations: number;
  /** Number of the batch's first sample: more than 64 samples are drawn in several batches. */
  readonly first: number;
  /** The batch as it is after this step. */
  readonly output: Drawn[K];
  /** Of Ψ-samplers: what has just happened to each token [count·length]: 0 kept, 1 denoised, 2 drawn anew. */
  readonly changes?: Uint8Array;
}

/** What edits work on; each takes some of it, which its `takes` says. */
export interface EditPictures {
  pictures?: Pictures | ImageData | readonly ImageData[];
  /** [height·width] with 1 where a pixel is unknown. */
  mask?: Float32Array;
}

/**
 * A generator for web pages, in a worker or in the page's own thread. It does one thing after the other: what is asked
 * meanwhile waits. Of a stream each step is one thing.
 */
export interface WebGenerator<K extends Kind = Kind> extends GeneratorInfo {
  readonly kind: K;
  /** Whether it computes in a worker, which leaves the page its thread. */
  readonly worker: boolean;
  /** Network evaluations for each sample. @throws OptionError */
  cost(options?: Record<string, unknown>): Promise<number>;
  /** Draws. The same options give the same samples. @throws OptionError */
  sample(options?: Record<string, unknown>, context?: DrawContext): Promise<Drawn[K]>;
  /** Draws step by step. Leaving the loop ends the work. */
  stream(options?: Record<string, unknown>, context?: DrawContext): AsyncGenerator<DrawnStep<K>, void, void>;
  /** The Gaussian noise that a sample of these options begins with, to mix it and give it back as `context.noise`. */
  noise(options?: Record<string, unknown>): Promise<Float32Array>;
  /** Does one of `edits` to pictures. */
  edit(
    name: string,
    input: EditPictures,
    options?: Record<string, unknown>,
    context?: Pick<DrawContext, "signal" | "onProgress">,
  ): Promise<Pictures>;
  /** Tokens of a text, of models of text. */
  tokens(text: string): Promise<Int32Array>;
  /** Begins what goes on for ever: a motion, or two people's gestures. @throws OptionError, of other kinds too */
  open(options?: Record<string, unknown>): Promise<WebSessions[K]>;
  /** Ends what is being drawn, which rejects with an `AbortError`, and frees the model and its worker. */
  dispose(): Promise<void>;
}

/** A generator of any kind: its `kind` tells. */
export type AnyWebGenerator = { [K in Kind]: WebGenerator<K> }[Kind];

/** How a generator is made. */
export interface CreateOptions<K extends Kind = Kind> {
  /** What it must draw. */
  kind?: K;
  /** "webgpu" or "wasm"; default "auto": WebGPU where there is a hardware GPU that works, else WebAssembly. */
  device?: DeviceName | "auto";
  /**
   * Threads of WebAssembly at most; default 4, or as many as there are cores. A page that is not cross-origin isolated
   * has one. They are set by the first generator of a thread, and stay.
   */
  threads?: number;
  /** false: in the page's own thread. Default: in a worker, or where none can be started in the page's thread. */
  worker?: boolean;
  /** Whether files from a URL are kept in the browser (see `clearCache`); default true. */
  cache?: boolean;
  /**
   * Which weights are fetched, of a model at a URL that has them once more in less room: the `lightest` of those that were
   * measured to draw as well (default), or the `original` ones.
   */
  weights?: LoadOptions["weights"];
  /** Told how much of each file has arrived. */
  onProgress?: Progress;
  /** Aborting ends the loading; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}
