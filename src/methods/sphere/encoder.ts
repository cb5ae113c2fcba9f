import type { Channels } from "../../io/channels.js";
import type { Images } from "../../media/images.js";
import type { ModelConfig } from "../../models/files.js";
import type { Label } from "../../models/inputs.js";

export interface GuidanceOptions {
  /** Guidance strength g in [1, 10]; 1, the default, is none and costs half. */
  guidance?: number;
  /** Which network is guided; `both` (default) gives each √g. */
  guidanceAt?: "encoder" | "decoder" | "both";
}

/** How much of each class's vector a picture is given: [count, classes + 1], rows sum to 1. */
export type ClassWeights = Float32Array;

/** Class of pictures that are given: of all, of each, as mixtures, or (null, the default) none. */
export interface ClassOptions {
  label?: Label | null;
  classes?: ClassWeights;
}

/** Control over an edit. */
export interface EditControl {
  /** Aborting ends the work between two batches of network evaluations; the promise rejects with the reason. */
  signal?: AbortSignal;
}

export interface RefineOptions extends ClassOptions, GuidanceOptions, EditControl {
  /** Passes through encoder, noise and decoder; default 1. */
  steps?: number;
  /** Share of the full noise, one for all passes or a function of the pass (from 0); default 1. */
  strength?: number | ((pass: number) => number);
  /** Whether all passes add the same noise, or each its own; default true. */
  shareNoise?: boolean;
  seed?: number;
  /** Gaussian noise [count, L] of all passes instead of a seed's. */
  noise?: Float32Array;
  /** Called with what every pass has drawn; may change the pixels. */
  between?: (images: Images) => void;
}

export interface DecodeOptions extends ClassOptions, GuidanceOptions, EditControl {
  /**
   * Degrees by which noise has turned the latents, of all or of each, in [0, 90]; default 0, as of pictures that were
   * encoded. Refused by a model whose decoder is told none.
   */
  angle?: number | Float32Array;
}

/** What the edits need of a model. */
export interface SphereEncoder {
  readonly config: ModelConfig;
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels };
  /** Length L of a latent. */
  readonly latent: number;
  encode(images: Images, options?: ClassOptions & EditControl): Promise<Float32Array>;
  /** Degrees that the decoder is told of a random point; null: it is told no angle. */
  readonly sampleAngle: number | null;
  decode(latents: Float32Array, options?: DecodeOptions): Promise<Images>;
  reconstruct(images: Images, options?: { label?: Label | null } & EditControl): Promise<Images>;
  refine(images: Images, options?: RefineOptions): Promise<Images>;
  /** A signal for an edit of several parts: it aborts with `given`, and when the model is released. */
  working(given?: AbortSignal): AbortSignal;
  /** @throws unless the pictures have the model's size and pixels in [−1, 1]. */
  checkImages(images: Images): void;
  classWeights(label: Label | null | undefined, count: number): ClassWeights;
}
