import type { z } from "zod";
import type { Images } from "../media/images.js";
import type { Exemplars } from "./exemplars.js";
import { OptionError, parseOptions } from "./options.js";

/** Latents of pictures, row-major [count, size]. */
export interface Latents {
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** All that edits work on; each takes some of it and refuses the rest. */
export interface EditInput {
  /** Of the model's size, with pixels in [−1, 1]. */
  pictures?: Images;
  latents?: Latents;
  /** [height·width] with 1 where a pixel is unknown, 0 where it is known. */
  mask?: Float32Array;
  exemplars?: Exemplars;
}

/** Control over the work. */
export interface EditContext {
  /** Aborting ends the work between two updates; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told how many updates are done, and of how many. */
  onProgress?(done: number, total: number): void;
}

/** What is known of an edit without a model. */
export interface EditInfo {
  readonly summary: string;
  /** Inputs that it needs; "pair" are two pictures. The first is what is edited. */
  readonly takes: readonly ("pictures" | "pair" | "latents" | "mask" | "exemplars")[];
  readonly gives: "pictures" | "latents";
  /** Every option with its range, preset and description. */
  readonly options: z.ZodObject;
}

/** An edit of a loaded model. */
export interface Edit extends EditInfo {
  /** Works on `input`. @throws OptionError where an input or an option is not what the edit takes. */
  run(input: EditInput, options?: object, context?: EditContext): Promise<Images | Latents>;
}

/** A method's edit, before it belongs to one of its models. */
export interface EditOf<M> extends EditInfo {
  run(model: M, input: Required<EditInput>, options: never, context: EditContext): Promise<Images | Latents>;
}

/** An edit with the types of its options inside. */
export const edit = <M, S extends z.ZodObject>(
  entry: Omit<EditInfo, "options" | "gives"> & {
    gives?: EditInfo["gives"];
    options: S;
    run(model: M, input: Required<EditInput>, options: z.output<S>, context: EditContext): Promise<Images | Latents>;
  },
): EditOf<M> => ({ gives: "pictures", ...entry });

interface Editor {
  readonly config: { readonly name: string };
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
}

/** The edits of a loaded model: what they are given is checked before they run. */
export function editsOf<M extends Editor>(
  model: M,
  entries: Readonly<Record<string, EditOf<M>>>,
): Readonly<Record<string, Edit>> {
  const bound = ([verb, entry]: [string, EditOf<M>]): [string, Edit] => {
    const owner = `${model.config.name}'s ${verb}`;
    const run: Edit["run"] = async (input, options = {}, context = {}) => {
      const parsed = parseOptions(entry.options, options, owner);
      checkInput(input, entry, owner, model.image);
      return entry.run(model, input as Required<EditInput>, parsed as never, context);
    };
    return [verb, { ...entry, run }];
  };
  return Object.fromEntries(Object.entries(entries).map(bound));
}

function checkInput(input: EditInput, { takes }: EditInfo, owner: string, own: Editor["image"]): void {
  const needed = takes.map((name) => (name === "pair" ? "pictures" : name));
  for (const name of ["pictures", "latents", "mask", "exemplars"] as const) {
    const given = input[name] !== undefined;
    if (given !== needed.includes(name))
      throw new OptionError(`${owner} ${given ? "takes no" : "needs"} ${name}; it takes ${takes.join(", ")}.`);
  }
  const { pictures, mask, exemplars } = input;
  if (pictures) {
    const { channels, height, width, pixels, count } = pictures;
    if (height !== own.height || width !== own.width || channels !== own.channels)
      throw new OptionError(
        `${owner} takes pictures of ${own.width}×${own.height}×${own.channels}, got ${width}×${height}×${channels}; scale them first.`,
      );
    const bad = pixels.find((value) => !(value >= -1 && value <= 1));
    if (bad !== undefined) throw new OptionError(`Pixels must be numbers in [−1, 1], got ${bad}.`);
    if (takes.includes("pair") && count !== 2) throw new OptionError(`${owner} takes two pictures, got ${count}.`);
    if (count === 0) throw new OptionError(`${owner} takes at least one picture.`);
  }
  const area = own.height * own.width;
  if (mask && (mask.length !== area || mask.some((value) => value !== 0 && value !== 1)))
    throw new OptionError(
      `The mask of ${owner} has ${own.height}×${own.width} numbers, 0 (known) or 1 (unknown), got ${mask.length}.`,
    );
  if (exemplars) {
    const { pixels, count } = exemplars.split;
    if (count === 0) throw new OptionError(`${owner} needs at least one exemplar.`);
    if (pixels.length !== count * area * own.channels)
      throw new OptionError(
        `${owner} takes exemplars of ${own.width}×${own.height}×${own.channels}, got ${pixels.length / count} numbers each.`,
      );
  }
}
