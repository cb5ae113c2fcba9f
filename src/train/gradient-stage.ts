import { type AdamOptions, adamw, ema } from "../optim/index.js";
import { type CompileOptions, compile, type Feed, type InputSpec, type Parameters } from "../runtime/index.js";
import { grad, type Parameter, Tensor } from "../tensor/index.js";
import type { Stage } from "./stage.js";

/** A loss and what it is fed, for some of a stage's steps. */
export interface Phase<I extends string = string> {
  /** Step of the stage (from 0) before which it ends; default the stage's end. */
  until?: number;
  inputs: Record<I, InputSpec>;
  /** The scalar to be lowered, alone or with what else is logged: scalars by name, vectors as name0, name1 … */
  loss(inputs: Record<I, Tensor>): Tensor | ({ loss: Tensor } & Record<string, Tensor>);
  /** What step k is fed, at least the inputs that there are; a function of the stage's state and of k alone. */
  next(k: number): Partial<Record<I, Feed>> | Promise<Partial<Record<I, Feed>>>;
}

/** A phase among others with other inputs. */
export const phase = <I extends string>(one: Phase<I>): Phase => one as unknown as Phase;

export interface GradientStageOptions {
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
  /** Parameters that the losses look through: constants of the graph. */
  freeze?: Iterable<Parameter>;
  /** What `next` changes and reads again: random numbers, data positions. */
  state: Stage["state"];
  /** Programs that `next` runs; released with the stage's own. */
  programs?: readonly { release(): Promise<void> }[];
  sample?: Stage["sample"];
  threads?: number;
}

/**
 * Training by gradients: draw, evaluate the loss and its gradients in one run, update by AdamW, average. The graph of a
 * phase is compiled at its first step and released at the end of its last.
 */
export function gradientStage(options: GradientStageOptions): Stage {
  const { name, steps, batch, parameters, phases, programs = [], sample, freeze, threads } = options;
  const optimizer = adamw(parameters, options.optimizer);
  const average = options.emaDecay === undefined ? null : ema(parameters, { decay: options.emaDecay });
  let active: { phase: Phase; program: ReturnType<typeof compilePhase> } | null = null;
  async function enter(next: Phase | null): Promise<void> {
    if (active?.phase === next) return;
    await active?.program.release();
    active = next && { phase: next, program: compilePhase(next, parameters, { freeze, threads }) };
  }
  return {
    name,
    steps,
    batch,
    state: { parameters, optimizer, ...(average && { ema: average }), ...options.state },
    async step(k) {
      await enter(phases.find(({ until = steps }) => k < until)!);
      const { phase, program } = active!;
      const { gradients, ...values } = await program.run((await phase.next(k)) as Record<string, Feed>);
      const { norm } = optimizer.update(gradients);
      average?.update();
      return { ...logged(values), norm };
    },
    sample: sample && (average ? () => average.withAverage(sample) : sample),
    async finish() {
      if (average) parameters.flat.set(average.average);
      await enter(null);
      for (const program of programs) await program.release();
    },
  };
}

const compilePhase = ({ inputs, loss: build }: Phase, parameters: Parameters, options: CompileOptions) =>
  compile(
    inputs,
    (given) => {
      const built = build(given);
      const values = built instanceof Tensor ? { loss: built } : built;
      return { ...values, gradients: grad(values.loss, parameters) };
    },
    options,
  );

/** Numbers of a step by name; a vector's are numbered. */
const logged = (values: Record<string, Float32Array>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, list]) =>
      list.length === 1 ? [[name, list[0]]] : Array.from(list, (value, i) => [`${name}${i}`, value]),
    ),
  );
