import type { z } from "zod";
import { requireKnown } from "../io/known.js";
import { exportOnnx } from "../runtime/export.js";
import { type CompileOptions, type GraphOutputs, type InputSpec, Releasable } from "../runtime/index.js";
import { type Batch, batchesOf, rowsOf } from "./batches.js";
import type { ModelConfig } from "./files.js";
import type {
  Batched,
  Generator,
  Kind,
  Output,
  Outputs,
  Part,
  PartInput,
  SampleContext,
  SampleRequest,
  Step,
} from "./generator.js";
import { OptionError, parseOptions } from "./options.js";
import { type Graph, Programs } from "./programs.js";

/** What every sample of a request begins with, row by row: noise, labels, tokens. */
export type Rows = Record<string, Float32Array | Int32Array>;

/** Which sample of which seed a row is: what its random numbers depend on. */
export interface Origin {
  readonly seed: number;
  /** Number of the sample in its request. */
  readonly index: number;
}

/** A batch with the origin of each of its `size` rows; rows that fill it up have that of row 0. */
export interface DrawnBatch extends Batch {
  readonly origins: readonly Origin[];
}

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
    const taken = Object.entries<InputSpec>(graph.inputs(1)).flatMap(([name, spec]) =>
      spec ? [{ name: name as I, ...("dtype" in spec ? spec : { shape: spec, dtype: "float32" }) }] : [],
    );
    const metadata = {
      model: this.config.name,
      method: this.method,
      summary,
      inputs: JSON.stringify(Object.fromEntries(taken.map(({ name }) => [name, inputs[name]]))),
      classes: JSON.stringify(this.classNames),
    };
    return {
      summary,
      inputs: taken.map(({ name, dtype, shape }) => ({
        name,
        dtype: dtype as PartInput["dtype"],
        axes: shape.slice(1),
      })),
      toOnnx: (size) => exportOnnx(graph, { size, metadata }),
    };
  }

  /** Options with their presets filled in. @throws OptionError */
  protected parse(options: unknown = {}): z.output<S> {
    return parseOptions(this.options, options, this.config.name);
  }

  /** Arrays of a context that may stand in for drawn ones. */
  protected get standIns(): readonly ("noise" | "mixture" | "given" | "states" | "sounds" | "dialogues" | "styles")[] {
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
  /**
   * Draws a batch of rows, step by step; `signal` is for those that evaluate networks several times in a step. Rows of
   * several requests may share it: of the options only those count that `shared` tells.
   */
  protected abstract draw(
    rows: Rows,
    options: z.output<S>,
    batch: DrawnBatch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep, void, void>;
  /** Samples of `n` rows. `rows` is what they began with. */
  protected abstract output(samples: Float32Array | Int32Array, rows: Rows, n: number): Outputs[K];
  protected abstract join(batches: readonly Outputs[K][]): Outputs[K];
  /**
   * What requests must have in common to share a batch: all that `draw` reads of the options. By default everything but
   * how many samples there are and of which class.
   */
  protected shared({ count: _, label: __, ...others }: z.output<S>): object {
    return others;
  }

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
    const request = await this.inBatches(options, context);
    for await (const { batch, samples, ...step } of inTurn(request, context))
      yield { ...step, first: batch.at, output: async () => request.output(batch, await samples()) };
  }

  async inBatches(options?: z.input<S>, context: SampleContext = {}): Promise<Batched<Outputs[K]>> {
    const parsed = this.parse(options);
    requireKnown(`the context of ${this.config.name}`, context, [...this.standIns, "signal", "onProgress", "onStep"]);
    const signal = this.programs.work.signal(context.signal);
    signal.throwIfAborted();
    return this.batched([{ options: parsed, rows: this.begin(parsed, context) }], signal);
  }

  sharing(options?: z.input<S>): string {
    return JSON.stringify(this.shared(this.parse(options)));
  }

  async sampleTogether(
    requests: readonly SampleRequest<z.input<S>>[],
    context: Pick<SampleContext, "signal" | "onStep"> = {},
  ): Promise<Outputs[K][]> {
    requireKnown(`the context of ${this.config.name}`, context, ["signal", "onStep"]);
    const signal = this.programs.work.signal(context.signal);
    signal.throwIfAborted();
    const begun = requests.map(({ options, ...standIns }) => {
      requireKnown(`a request to ${this.config.name}`, standIns, this.standIns);
      const parsed = this.parse(options);
      return { options: parsed, rows: this.begin(parsed, standIns) };
    });
    if (new Set(requests.map(({ options }) => this.sharing(options))).size > 1)
      throw new OptionError('Requests share a batch only where "sharing" says the same of all of them.');
    if (begun.length === 0) return [];
    const parts: (Float32Array | Int32Array)[] = [];
    for await (const { step, steps, samples } of inTurn(this.batched(begun, signal), context))
      if (step === steps) parts.push(await samples());
    const all = joinArrays(parts);
    const per = all.length / begun.reduce((sum, { options }) => sum + countOf(options), 0);
    let at = 0;
    return begun.map(({ options, rows }) => {
      const count = countOf(options);
      const own = all.slice(at * per, (at + count) * per) as typeof all;
      at += count;
      return this.output(own, rows, count);
    });
  }

  /** Begun requests in the batches that they share. */
  private batched(
    begun: readonly { readonly options: z.output<S>; readonly rows: Rows }[],
    signal: AbortSignal,
  ): Batched<Outputs[K]> {
    const { work } = this.programs;
    const all = begun.length === 1 ? begun[0].rows : joinRows(begun.map(({ rows }) => rows));
    const origins = begun.flatMap(({ options }) =>
      Array.from({ length: countOf(options) }, (_, index): Origin => ({ seed: seedOf(options), index })),
    );
    const [{ options }] = begun;
    const count = origins.length;
    const steps = this.stepsOf(options);
    const stepsOf = (batch: Batch) => {
      const { at, n, size } = batch;
      const own = Array.from({ length: size }, (_, i) => origins[i < n ? at + i : at]);
      return this.draw(mapRows(all, count, batch), options, { ...batch, origins: own }, signal);
    };
    return {
      count,
      steps,
      batches: [...batchesOf(count)],
      output: (batch, samples) => this.output(samples, mapRows(all, count, batch), batch.n),
      async *draw(batch) {
        const { n, size } = batch;
        const drawing = stepsOf(batch);
        try {
          for (let step = 1; ; step++) {
            const next = await work.run(signal, () => drawing.next());
            if (next.done) break;
            const { evaluations, rows, detail } = next.value;
            const samples = async () => {
              const found = await work.run(signal, async () => rows());
              return found.slice(0, (n * found.length) / size) as typeof found;
            };
            yield { step, evaluations, samples, detail };
          }
        } finally {
          await drawing.return();
        }
      },
    };
  }

  release(): Promise<void> {
    return this.programs.release();
  }
}

/** Draws one batch after the other, step by step. */
async function* inTurn<O extends Output>(
  { count, batches, steps, draw }: Batched<O>,
  { onStep, onProgress }: Pick<SampleContext, "onStep" | "onProgress">,
) {
  for (const [before, batch] of batches.entries()) {
    for await (const drawn of draw(batch)) {
      onStep?.(before * steps + drawn.step, batches.length * steps);
      yield { ...drawn, steps, batch };
    }
    onProgress?.(batch.at + batch.n, count);
  }
}

const mapRows = (all: Rows, count: number, batch: Batch): Rows =>
  Object.fromEntries(Object.entries(all).map(([name, values]) => [name, rowsOf(values, count, batch)]));

const countOf = (options: object): number => (options as { count: number }).count;
const seedOf = (options: object): number => (options as { seed?: number }).seed ?? 0;

const joinRows = (all: readonly Rows[]): Rows =>
  Object.fromEntries(Object.keys(all[0]).map((name) => [name, joinArrays(all.map((rows) => rows[name]))]));

function joinArrays(parts: readonly (Float32Array | Int32Array)[]): Float32Array | Int32Array {
  if (parts.length === 1) return parts[0];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = parts[0] instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
