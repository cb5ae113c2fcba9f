import type { ParameterEntry, Parameters } from "../runtime/parameters.js";
import { describe } from "../tensor/shape.js";
import { kernels } from "./kernels/index.js";
import type { Schedule } from "./schedule.js";
import { type Stateful, statefulVectors } from "./state.js";

/** Settings of the parameters whose name matches; the first matching group counts. */
export interface Group {
  match: RegExp | ((name: string) => boolean);
  /** Factor on the learning rate. */
  lr?: number;
  weightDecay?: number;
}

export interface OptimizerOptions {
  lr: number | Schedule;
  weightDecay?: number;
  /** Largest L2 norm of all gradients together; larger gradients are scaled down to it. */
  clip?: number;
  groups?: readonly Group[];
}

export interface Optimizer extends Stateful {
  /** Updates made. */
  readonly step: number;
  /** Its state as it is, in the layout of `Parameters.flat`. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
  /**
   * One update of `Parameters.flat`, in place, from gradients of the same layout (which are left as they are). Returns
   * the gradients' norm before clipping and the learning rate. Where the norm is not finite nothing is changed and
   * `step` does not advance. `part`: only the elements [from, to) are updated, and their state; the norm is that of all.
   */
  update(gradients: Float32Array, overrides?: { lr?: number; part?: Range }): { norm: number; lr: number };
}

/** Elements [from, to) of a flat vector. */
export type Range = readonly [from: number, to: number];

/** Elements [start, end) of the flat vector with the same settings. */
export interface Segment {
  start: number;
  end: number;
  lrScale: number;
  weightDecay: number;
}

export function settingsOf(
  name: string,
  { groups = [], weightDecay = 0 }: OptimizerOptions,
): Omit<Segment, "start" | "end"> {
  const group = groups.find(({ match }) => (match instanceof RegExp ? name.search(match) >= 0 : match(name)));
  return { lrScale: group?.lr ?? 1, weightDecay: group?.weightDecay ?? weightDecay };
}

/** The entries as runs of equal settings: adjacent equals are one run, so that the usual case is a single loop. */
export function segmentsOf(entries: readonly ParameterEntry[], options: OptimizerOptions): Segment[] {
  const segments: Segment[] = [];
  for (const { name, offset, size } of entries) {
    const settings = settingsOf(name, options);
    const last = segments.at(-1);
    if (last && last.end === offset && last.lrScale === settings.lrScale && last.weightDecay === settings.weightDecay)
      last.end += size;
    else segments.push({ start: offset, end: offset + size, ...settings });
  }
  return segments;
}

/** What of the segments lies in a part. */
export const within = (segments: readonly Segment[], [from, to]: Range): Segment[] =>
  segments
    .map((segment) => ({ ...segment, start: Math.max(segment.start, from), end: Math.min(segment.end, to) }))
    .filter(({ start, end }) => start < end);

/** L2 norm, summed in double precision. */
export const normOf = (vector: Float32Array): number => Math.sqrt(kernels().sumOfSquares(vector));

/** Factor that limits gradients of this norm to `clip` (PyTorch's clip_grad_norm_). */
export const clipScale = (norm: number, clip = Number.POSITIVE_INFINITY): number => Math.min(1, clip / (norm + 1e-6));

export function checkRange(name: string, value: number, low: number, high = Number.POSITIVE_INFINITY): void {
  if (!(value >= low && value < high))
    throw new Error(`Optimiser: ${name} must be in [${low}, ${high}), got ${value}.`);
}

/** Settings that every optimiser takes. */
export const COMMON = ["lr", "weightDecay", "clip", "groups"];

/** Throws unless an optimiser is given a network's parameters, not the network, and settings of the `known` names. */
export function requireArguments(name: string, parameters: unknown, options: unknown, known: readonly string[]): void {
  const entries = (parameters as Partial<Parameters> | null | undefined)?.entries;
  if (!Array.isArray(entries))
    throw new Error(
      `${name}: takes the parameters of a network, such as network.parameters, got ${describe(parameters)}.`,
    );
  if (typeof options !== "object" || options === null)
    throw new Error(`${name}: takes settings after the parameters, such as { lr: 1e-3 }, got ${describe(options)}.`);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new Error(`${name}: there is no setting "${unknown}"; there are ${known.join(", ")}.`);
}

export function checkOptions({ lr, clip, weightDecay = 0, groups = [] }: OptimizerOptions): void {
  if (typeof lr !== "function") checkRange("lr", lr, 0);
  if (clip !== undefined && !(clip > 0)) throw new Error(`Optimiser: clip must be larger than 0, got ${clip}.`);
  for (const group of [{ weightDecay }, ...groups]) checkRange("weightDecay", group.weightDecay ?? 0, 0);
  for (const group of groups) checkRange("a group's lr", group.lr ?? 1, 0);
}

export interface StepContext {
  flat: Float32Array;
  gradients: Float32Array;
  /** Factor on the gradients (clipping). */
  scale: number;
  lr: number;
  /** 1 for the first update. */
  step: number;
  /** What is updated. */
  part: Range;
}

/** An optimiser around `apply`, which makes one update of the flat vector with state vectors of its own. */
export function flatOptimizer(
  parameters: Parameters,
  options: OptimizerOptions,
  vectors: Record<string, Float32Array>,
  apply: (context: StepContext) => void,
): Optimizer {
  const { lr: schedule, clip } = options;
  checkOptions(options);
  const { flat, entries } = parameters;
  let step = 0;
  const saved = statefulVectors("Optimiser", vectors, {
    get: () => step,
    set: (value) => {
      step = value;
    },
  });
  return {
    vectors,
    get step() {
      return step;
    },
    update(gradients, overrides = {}) {
      if (!(gradients instanceof Float32Array))
        throw new Error(
          `update takes the gradients as one flat Float32Array, as a run returns them, got ${describe(gradients)}.`,
        );
      if (gradients.length !== flat.length)
        throw new Error(`The gradients have ${gradients.length} numbers, the parameters ${flat.length}.`);
      for (const { name, parameter } of entries)
        if (parameter.value?.buffer !== flat.buffer)
          throw new Error(
            `The parameter "${name}" has moved to another flat vector; make the optimiser after the largest network's parameters.`,
          );
      const lr = overrides.lr ?? (typeof schedule === "number" ? schedule : schedule(step));
      const norm = normOf(gradients);
      if (!Number.isFinite(norm)) return { norm, lr };
      step++;
      apply({ flat, gradients, scale: clipScale(norm, clip), lr, step, part: overrides.part ?? [0, flat.length] });
      return { norm, lr };
    },
    ...saved,
  };
}
