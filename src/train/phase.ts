import type { Feed, InputSpec } from "../runtime/index.js";
import type { Tensor } from "../tensor/index.js";
import type { Part, Split } from "./part.js";

/** A loss and what it is fed, for some of a stage's steps. */
export interface Phase<I extends string = string> {
  /** Step of the stage (from 0) before which it ends; default the stage's end. */
  until?: number;
  inputs: Record<I, InputSpec>;
  /** The scalar to be lowered, alone or with what else is logged: scalars by name, vectors as name0, name1 … */
  loss(inputs: Record<I, Tensor>, part?: Part): Tensor | ({ loss: Tensor } & Record<string, Tensor>);
  /**
   * How the batch is divided among processes that train together. The loss is then given inputs of fewer rows, and the
   * part that they are; it is a mean over rows, other means over rows are taken by `acrossParts`, and so is all that it
   * reports. Default: the batch cannot be divided, and each process computes all of it.
   */
  split?: Split;
  /**
   * What is done before each step whose number `every` divides: it may read the trained parameters and set those that
   * the loss looks through, which no other step may.
   */
  refresh?: { every: number; act(): void };
  /** What is logged of a step, from all that the loss returned and the gradients' `norm`; default all of it. */
  observe?(values: Record<string, Float32Array>): Record<string, Float32Array>;
  /** What step k is fed, at least the inputs that there are; a function of the stage's state and of k alone. */
  next(k: number): Partial<Record<I, Feed>> | Promise<Partial<Record<I, Feed>>>;
}

/** A phase among others with other inputs. */
export const phase = <I extends string>(one: Phase<I>): Phase => one as unknown as Phase;
