import { inNode } from "../runtime/environment.js";
import {
  type CompileOptions,
  compile,
  compileOptions,
  type Feed,
  type GraphOutputs,
  type InputSpec,
  Releasable,
} from "../runtime/index.js";
import { Work } from "../runtime/release.js";
import { turn } from "../runtime/turn.js";
import type { Tensor } from "../tensor/index.js";
import { type Batch, batchesOf, rowsOf } from "./batches.js";
import type { Progress } from "./generator.js";

/** A graph for a batch of rows: what it is fed and what it returns, both with the batch as their first axis. */
export interface Graph<I extends string, O extends GraphOutputs> {
  /** Inputs for `size` rows; those without axes are the same for every row. */
  inputs(size: number): Record<I, InputSpec>;
  build(inputs: Record<I, Tensor>): O;
}

/** A graph with its types inferred. */
export const graph = <I extends string, O extends GraphOutputs>(one: Graph<I, O>): Graph<I, O> => one;

/** Rows of an array, or one number for all. */
export type Rows = Float32Array | Int32Array | number;

interface Entry {
  readonly program: { release(): Promise<void> };
  /** Runs under way: a program in use is not released. */
  using: number;
}

/**
 * A model's compiled programs, by name and batch size: compiled when first needed, at most `most` at a time, the least
 * recently used released first. What runs them stands in `work`, which a release ends.
 */
export class Programs extends Releasable {
  private readonly entries = new Map<string, Entry>();
  readonly work: Work;
  /** Seconds spent on compiling so far. */
  compilingSeconds = 0;

  private readonly options: CompileOptions;

  /** `owner` is what errors call the model; of the options those of `compile` are taken. */
  constructor(
    owner: string,
    options: CompileOptions,
    private readonly most = 8,
  ) {
    super();
    this.options = compileOptions(options);
    this.work = new Work(owner);
  }

  /**
   * Compiles a graph, for keeping or for writing it as ONNX; parameters are constants unless `freeze` was set to false.
   * On a page it runs in a worker, where one can be started, unless `worker` says otherwise.
   */
  compile<I extends string, O extends GraphOutputs>(graph: Graph<I, O>, size: number) {
    const { worker = inNode ? false : "auto" } = this.options;
    const options = { freeze: true, ...this.options, worker };
    return compile<I, O>(graph.inputs(size), (inputs) => graph.build(inputs), options);
  }

  /** Runs one batch of exactly `size` rows, after a turn of the event loop, so that no long work holds it up. */
  async run<I extends string, O extends GraphOutputs>(
    name: string,
    graph: Graph<I, O>,
    size: number,
    feeds: Record<I, Feed>,
  ): Promise<{ [K in keyof O]: Float32Array }> {
    await turn();
    const key = `${name} ${size}`;
    const known = this.entries.get(key);
    const entry = known ?? { program: this.compile(graph, size), using: 0 };
    this.entries.delete(key);
    this.entries.set(key, entry); // the newest is last
    const program = entry.program as ReturnType<typeof this.compile<I, O>>;
    entry.using++;
    try {
      if (!known) {
        await this.releaseOldest();
        const began = performance.now();
        await program.start();
        this.compilingSeconds += (performance.now() - began) / 1e3;
      }
      return await program.run(feeds);
    } finally {
      entry.using--;
    }
  }

  /**
   * Runs any number of rows in batches; every output comes back for all rows. Numbers are fed to every row.
   * @throws the reason of `signal`, or of a release, where that comes between two batches.
   */
  async rows<I extends string, O extends GraphOutputs>(
    name: string,
    graph: Graph<I, O>,
    count: number,
    feeds: Record<I, Rows>,
    { signal: given, onProgress }: { signal?: AbortSignal; onProgress?: Progress } = {},
  ): Promise<{ [K in keyof O]: Float32Array }> {
    const all = {} as { [K in keyof O]: Float32Array };
    const signal = this.work.signal(given);
    for (const batch of batchesOf(count)) {
      const found = await this.work.run(signal, () =>
        this.run(name, graph, batch.size, this.feedsOf(graph, feeds, count, batch)),
      );
      for (const key of Object.keys(found) as (keyof O)[]) {
        const per = found[key].length / batch.size;
        all[key] ??= new Float32Array(count * per);
        all[key].set(found[key].subarray(0, batch.n * per), batch.at * per);
      }
      onProgress?.(batch.at + batch.n, count);
    }
    return all;
  }

  private feedsOf<I extends string>(
    { inputs }: Graph<I, GraphOutputs>,
    feeds: Record<I, Rows>,
    count: number,
    batch: Batch,
  ): Record<I, Feed> {
    const given: Partial<Record<I, Feed>> = {};
    for (const [name, spec] of Object.entries(inputs(batch.size)) as [I, InputSpec][]) {
      if (!spec) continue;
      const value = feeds[name];
      const shape = "dtype" in spec ? spec.shape : spec;
      if (typeof value !== "number") given[name] = rowsOf(value, count, batch);
      else given[name] = shape.length === 0 ? value : new Float32Array(batch.size).fill(value);
    }
    return given as Record<I, Feed>;
  }

  private async releaseOldest(): Promise<void> {
    for (const [key, { program, using }] of this.entries) {
      if (this.entries.size <= this.most) return;
      if (using > 0) continue;
      this.entries.delete(key);
      await program.release();
    }
  }

  /** Ends the work under way and frees every session. A later run compiles anew. */
  async release(): Promise<void> {
    await this.work.end();
    const programs = [...this.entries.values()].map(({ program }) => program);
    this.entries.clear();
    for (const program of programs) await program.release();
  }
}
