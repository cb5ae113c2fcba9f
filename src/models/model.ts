import type { z } from "zod";
import { requireKnown } from "../io/known.js";
import { exportOnnx } from "../runtime/export.js";
import { type CompileOptions, type GraphOutputs, type InputSpec, Releasable } from "../runtime/index.js";
import type { ModelConfig } from "./files.js";
import type { Generator, Kind, Outputs, Part, SampleContext, Step } from "./generator.js";
import { OptionError, parseOptions } from "./options.js";
import { type Batch, batchesOf, type Graph, Programs, rowsOf } from "./programs.js";

/** What every sample of a request begins with, row by row: noise, labels, tokens. */
export type Rows = Record<string, Float32Array | Int32Array>;

/** A batch after a step of its sampler. */
export interface BatchStep {
  /** Network evaluations of each sample so far. */
  evaluations: number;
  /**
   * The samples as rows; those that fill the batch up come last. May cost an evaluation of a decoder, hence a function.
   */
  rows(): Float32Array | Int32Array | Promise<Float32Array | Int32Array>;
  /** What else the method tells of a step. */
  detail?: unknown;
}

/** A generator around the one thing that is a method's own: how it draws a batch. */
export abstract class Model<K extends Kind, S extends z.ZodObject>
  extends Releasable
  implements Generator<K, z.input<S>>
{
  abstract readonly kind: K;
  abstract readonly parts: Readonly<Record<string, Part>>;
  protected readonly programs: Programs;

  constructor(
    readonly config: ModelConfig,
    readonly options: S,
    compileOptions: CompileOptions = {},
  ) {
    super();
    this.programs = new Programs(config.name, compileOptions);
  }

  get method(): string {
    return this.config.method;
  }

  get classNames(): readonly string[] | null {
    return this.config.classNames;
  }

  get compilingSeconds(): number {
    return this.programs.compilingSeconds;
  }

  /** A graph as something that can be exported; the file says what it is, and what each input means. */
  protected part<I extends string>(
    summary: string,
    graph: Graph<I, GraphOutputs>,
    inputs: Readonly<Record<I, string>>,
  ): Part {
    const taken = Object.entries<InputSpec>(graph.inputs(1)).flatMap(([name, spec]) => (spec ? [name as I] : []));
    const metadata = {
      model: this.config.name,
      method: this.method,
      summary,
      inputs: JSON.stringify(Object.fromEntries(taken.map((name) => [name, inputs[name]]))),
      classes: JSON.stringify(this.classNames),
    };
    return { summary, toOnnx: (size) => exportOnnx(graph, { size, metadata }) };
  }

  /** Options with their presets filled in. @throws OptionError */
  protected parse(options: unknown = {}): z.output<S> {
    return parseOptions(this.options, options, this.config.name);
  }

  /** Arrays of a context that may stand in for drawn ones. */
  protected get standIns(): readonly ("noise" | "mixture" | "given")[] {
    return ["noise"];
  }

  /** Network evaluations for each sample. */
  protected abstract evaluations(options: z.output<S>): number;
  /** Steps of the sampler. */
  protected abstract stepsOf(options: z.output<S>): number;
  /**
   * What each of the `count` samples begins with, as rows of equal length; Gaussian noise is called `noise`.
   * @throws OptionError
   */
  protected abstract begin(options: z.output<S>, context: SampleContext): Rows;
  /** Draws a batch of rows, step by step; `signal` is for those that evaluate networks several times in a step. */
  protected abstract draw(
    rows: Rows,
    options: z.output<S>,
    batch: Batch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep, void, void>;
  /** Samples of `n` rows. `rows` is what they began with. */
  protected abstract output(samples: Float32Array | Int32Array, rows: Rows, n: number): Outputs[K];
  protected abstract join(batches: readonly Outputs[K][]): Outputs[K];

  cost(options?: z.input<S>): number {
    return this.evaluations(this.parse(options));
  }

  drawNoise(options?: z.input<S>): Float32Array {
    const parsed = this.parse(options);
    if (!this.standIns.includes("noise"))
      throw new OptionError(`${this.config.name} begins with tokens, not with noise.`);
    return (this.begin(parsed, {}).noise as Float32Array).slice();
  }

  async sample(options?: z.input<S>, context?: SampleContext): Promise<Outputs[K]> {
    const batches: Outputs[K][] = [];
    for await (const { step, steps, output } of this.stream(options, context))
      if (step === steps) batches.push(await output());
    return batches.length === 1 ? batches[0] : this.join(batches);
  }

  async *stream(options?: z.input<S>, context: SampleContext = {}): AsyncGenerator<Step<Outputs[K]>, void, void> {
    const parsed = this.parse(options);
    requireKnown(`the context of ${this.config.name}`, context, [...this.standIns, "signal", "onProgress", "onStep"]);
    const { count } = parsed as { count: number };
    const { work } = this.programs;
    const signal = work.signal(context.signal);
    signal.throwIfAborted();
    const all = this.begin(parsed, context);
    const steps = this.stepsOf(parsed);
    const batches = [...batchesOf(count)];
    for (const [before, batch] of batches.entries()) {
      const rows = mapRows(all, count, batch);
      const drawing = this.draw(rows, parsed, batch, signal);
      try {
        for (let step = 1; ; step++) {
          const next = await work.run(signal, () => drawing.next());
          if (next.done) break;
          const { evaluations, rows: samples, detail } = next.value;
          const output = async () => {
            const found = await work.run(signal, async () => samples());
            const per = found.length / batch.size;
            return this.output(found.slice(0, batch.n * per) as typeof found, rows, batch.n);
          };
          context.onStep?.(before * steps + step, batches.length * steps);
          yield { step, steps, evaluations, first: batch.at, output, detail };
        }
      } finally {
        await drawing.return();
      }
      context.onProgress?.(batch.at + batch.n, count);
    }
  }

  release(): Promise<void> {
    return this.programs.release();
  }
}

const mapRows = (all: Rows, count: number, batch: Batch): Rows =>
  Object.fromEntries(Object.entries(all).map(([name, values]) => [name, rowsOf(values, count, batch)]));
