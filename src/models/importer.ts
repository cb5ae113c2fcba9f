import type { z } from "zod";
import type { NpyArray } from "../io/npy.js";
import type { Weights } from "./architecture.js";
import type { ModelConfig } from "./config.js";

/** A folder with another project's files, as an importer sees it. */
export interface PublishedFolder {
  readonly path: string;
  /** A JSON file of a model `of` another project; `why` ends the sentence that says it is missing. @throws WrongUse also where it is no such one */
  json<S extends z.ZodType>(name: string, why: string, schema: S, of: string): Promise<z.output<S>>;
  /** A .npy file. @throws WrongUse as `json` */
  array(name: string, why: string): Promise<NpyArray>;
}

/** Another project's model, as one of ours. */
export interface Imported {
  /** What config.json says of it beside its name and training. */
  described: Pick<ModelConfig, "image" | "text" | "motion" | "classNames"> & { network: unknown };
  weights: Weights;
  /** Tensors that were left out. */
  unused: readonly string[];
  /** Data that it learnt from, and whom it is from. */
  data: string;
  attribution: string;
  /** What of it scripts are told. */
  facts?: Record<string, string | number>;
  /** What people are told last, a sentence each; `model` is the folder that was written. */
  says(model: string): string[];
}

/** How a method reads weights that another project has published. */
export interface Importer {
  /** What belongs into the folder, for errors. */
  readonly files: string;
  /**
   * What in a pickled file is the state dictionary: Python that makes `d`, what the file holds, one. Absent where the
   * project pickles nothing.
   */
  readonly unpickle?: string;
  /** Said where the folder states no licence. */
  readonly licence: string;
  /** Whether a tensor is one that drawing does not need. */
  isUnused(name: string): boolean;
  /** @throws WrongUse where they do not fit. */
  read(folder: PublishedFolder, tensors: Weights): Promise<Imported>;
}

/** Names of classes of which only the numbers are known. */
export const numberedClasses = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);
