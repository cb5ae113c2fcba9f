import { type AdamOptions, adamw, ema } from "../optim/index.js";
import { type Compute, computeOf, type Feed, type Parameters } from "../runtime/index.js";
import type { Ranks } from "../runtime/ranks.js";
import type { Parameter } from "../tensor/index.js";
import { type Place, updatesOf } from "./devices/index.js";
import type { Updates } from "./devices/updates.js";
import type { Phase } from "./phase.js";
import type { Stage } from "./stage.js";

/** What a stage computes with, and where its state is meanwhile; see `updatesOf`. */
export interface TrainingCompute extends Compute {
  /** "host" or "device"; default the device where that is WebGPU, else the host. */
  place?: Place;
  /** Computes the blocks of networks again for their gradients instead of keeping their values: less memory, more time. */
  gradientCheckpointing?: boolean;
  /** The processes that train together, of which this is one; default it trains alone. */
  ranks?: Ranks;
}
export const trainingCompute = ({
  place,
  ranks,
  gradientCheckpointing,
  ...options
}: TrainingCompute): TrainingCompute => ({
  ...computeOf(options),
  ...(gradientCheckpointing && { gradientCheckpointing }),
  ...(place && { place }),
  ...(ranks && { ranks }),
});

export interface GradientStageOptions extends TrainingCompute {
  name: string;
  steps: number;
  /** Samples per step, for the rate. */
  batch: number;
  /** What is trained. */
  parameters: Parameters;
  /** AdamW's settings. */
  optimizer: AdamOptions;
  /** Decay of a weight average that pictures are drawn with and that becomes the stage's result; default none. */
  emaDecay?: number;
  /** One loss, or several one after the other. */
  phases: readonly Phase[];
  /** Parameters that the losses look through: constants of the graph, none of which is trained. */
  freeze?: Iterable<Parameter>;
  /** What `next` changes and reads again: random numbers, data positions. */
  state: Stage["state"];
  /** Programs that `next` runs; released with the stage's own. */
  programs?: readonly { release(): Promise<void> }[];
  sample?: Stage["sample"];
}

/**
 * Training by gradients: draw, evaluate the loss and its gradients in one run, update by AdamW, average. The graph of a
 * phase is compiled at its first step and released at the end of its last.
 */
export function gradientStage(options: GradientStageOptions): Stage {
  const { name, steps, batch, parameters, optimizer: settings, emaDecay, phases, programs = [], sample } = options;
  requireApart(name, options);
  const optimizer = adamw(parameters, settings);
  const average = emaDecay === undefined ? null : ema(parameters, { decay: emaDecay });
  const job = {
    parameters,
    optimizer,
    settings,
    average,
    emaDecay,
    freeze: options.freeze,
    gradientCheckpointing: options.gradientCheckpointing,
    compute: computeOf(options),
  };
  let active: { phase: Phase; updates: Updates } | null = null;
  const presented: NonNullable<Stage["presented"]> = async (work) => (average ? average.withAverage(work) : work());
  const settle = async () => active?.updates.settle();
  async function leave(): Promise<void> {
    await settle();
    await active?.updates.release();
    active = null;
  }
  return {
    name,
    steps,
    batch,
    state: { parameters, optimizer, ...(average && { ema: average }), ...options.state },
    settle,
    async step(k) {
      const phase = phases.find(({ until = steps }) => k < until)!;
      const { refresh } = phase;
      const renewed = refresh !== undefined && k % refresh.every === 0;
      if (renewed || active?.phase !== phase) await leave();
      if (renewed) refresh.act();
      active ??= { phase, updates: await updatesOf({ ...job, phase }, options.place, options.ranks) };
      const values = await active.updates.step((await phase.next(k)) as Record<string, Feed>);
      return logged(phase.observe?.(values) ?? values);
    },
    undivided(ranks) {
      const rows = Math.min(...phases.map(({ split }) => split?.rows ?? 0));
      if (rows >= ranks) return null;
      const why = rows === 0 ? "cannot be divided" : `has ${rows} rows for ${ranks} ranks`;
      return `The batch of the stage "${name}" ${why}, so each rank computes all of it: the stage is no faster than in one.`;
    },
    presented,
    sample: sample && (() => presented(sample)),
    async finish() {
      await leave();
      if (average) parameters.flat.set(average.average);
      for (const program of programs) await program.release();
    },
  };
}

/** @throws where a parameter is to be trained and a constant: weight decay would change it unseen by the compiled graph */
function requireApart(stage: string, { parameters, freeze = [] }: GradientStageOptions): void {
  const frozen = new Set(freeze);
  const both = parameters.entries.find(({ parameter }) => frozen.has(parameter));
  if (both) throw new Error(`Stage "${stage}": "${both.name}" is both trained and frozen; leave it out of one.`);
}

/** Numbers of a step by name; a vector's are numbered. */
const logged = (values: Record<string, Float32Array>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, list]) =>
      list.length === 1 ? [[name, list[0]]] : Array.from(list, (value, i) => [`${name}${i}`, value]),
    ),
  );
