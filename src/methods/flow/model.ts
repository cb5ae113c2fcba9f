import type { z } from "zod";
import type { ModelConfig } from "../../models/files.js";
import type { Part, SampleContext } from "../../models/generator.js";
import { ImageModel } from "../../models/image-model.js";
import { resolveClasses, resolveNoise } from "../../models/inputs.js";
import type { BatchStep, DrawnBatch, Origin, Rows } from "../../models/model.js";
import { graph } from "../../models/programs.js";
import { Random } from "../../random/index.js";
import type { CompileOptions, InputSpec } from "../../runtime/index.js";
import { constant } from "../../tensor/index.js";
import { drawOnce, type FlowNetwork, ofRows, takesSpan } from "./network.js";
import { flowOptions } from "./options.js";
import { evaluations, solve, solverOf } from "./sampler.js";
import type { FlowShape } from "./shape.js";

type Schema = ReturnType<typeof flowOptions>;
type Options = z.output<Schema>;

/** A flow-matching image model, or one of few steps that a flow became: as many evaluations as its rule takes. */
export class FlowModel extends ImageModel<Schema> {
  constructor(
    config: ModelConfig,
    private readonly shape: FlowShape,
    private readonly net: FlowNetwork,
    options?: CompileOptions,
  ) {
    super(config, flowOptions(shape), options);
  }

  /** Axes of a state. */
  private get state(): number[] {
    const { space, autoencoder } = this.shape;
    return space === "pixel" ? [autoencoder.channels, autoencoder.height, autoencoder.width] : [autoencoder.latent];
  }

  /** The network; of a mixture, labels are weights of the classes and of none. */
  private velocity(mixed: boolean) {
    const label = (size: number): InputSpec =>
      mixed ? [size, this.shape.classes + 1] : { shape: [size], dtype: "int32" };
    return graph({
      inputs: (size: number) => ({
        state: [size, ...this.state],
        time: [size],
        until: takesSpan(this.shape) && [size],
        label: label(size),
      }),
      build: ({ state, time, until, label }) => ({ velocity: this.net.velocity(state, time, label, until) }),
    });
  }

  /** v_none + g·(v_class − v_none). */
  private guided(mixed: boolean) {
    const plain = this.velocity(mixed);
    return graph({
      inputs: (size: number) => ({ ...plain.inputs(size), guidance: [size] }),
      build: ({ state, time, until, label, guidance }) => {
        const [size] = label.shape;
        const none = constant(new Int32Array(size).fill(this.shape.classes), [size], "int32");
        const free = this.net.velocity(state, time, none, until);
        const strength = guidance.reshape([size, ...this.state.map(() => 1)]);
        return { velocity: free.add(this.net.velocity(state, time, label, until).sub(free).mul(strength)) };
      },
    });
  }

  private readonly images = graph({
    inputs: (size: number) => ({ state: [size, ...this.state] }),
    build: ({ state }) => ({ images: this.net.toImages!(state).clamp(-1, 1) }),
  });

  get parts(): { velocity: Part; decoder?: Part } {
    const axes = this.state.join(", ");
    const state = `float32 [batch, ${axes}]: standard normal noise at time 0, a sample at time 1`;
    return {
      velocity: this.part("state, time and label to the state's velocity", this.velocity(false), {
        state,
        time: "float32 [batch]: 0 (noise) … 1 (sample)",
        until: "float32 [batch]: time … 1; the velocity is the mean one on the way there",
        label: `int32 [batch]: class, 0 … ${this.shape.classes}; the last is none`,
      }),
      ...(this.net.toImages && {
        decoder: this.part("state to images, clipped to [−1, 1]", this.images, {
          state: `float32 [batch, ${axes}]: a state at time 1`,
        }),
      }),
    };
  }

  /** Of a model that draws in one step: noise and label to images. */
  get whole(): Part | undefined {
    if (!this.shape.objective) return undefined;
    const drawn = graph({
      inputs: (size: number) => ({
        noise: [size, ...this.state],
        label: this.classNames !== null && { shape: [size], dtype: "int32" as const },
      }),
      build: ({ noise, label }) => {
        const none = ofRows(constant(Int32Array.of(this.shape.classes), [1], "int32"), noise);
        return { images: drawOnce(this.net, this.shape, noise, label || none) };
      },
    });
    return this.part("noise and label to images of one step, clipped to [−1, 1]", drawn, {
      noise: `float32 [batch, ${this.state.join(", ")}]: drawn from a standard normal distribution`,
      label: `int32 [batch]: class, 0 … ${this.shape.classes}; the last is none`,
    });
  }

  protected evaluations({ steps, sampler, guidance = 1 }: Options): number {
    return evaluations(steps, solverOf(this.shape, sampler)) * (guidance === 1 ? 1 : 2);
  }

  protected stepsOf({ steps }: Options): number {
    return steps;
  }

  protected override get standIns() {
    return ["noise", "mixture"] as const;
  }

  /** Seeds and strengths of guidance stand in the rows; no guidance takes another program. */
  protected override shared({ steps, sampler, guidance = 1 }: Options): object {
    return { steps, sampler, guided: guidance !== 1 };
  }

  protected begin({ count, label, guidance = 1, seed }: Options, { noise, mixture }: SampleContext): Rows {
    const size = this.state.reduce((a, b) => a * b, 1);
    return {
      ...resolveClasses({ label, mixture, seed }, count, this.classNames, { none: true }),
      noise: resolveNoise(noise, count, size, new Random(seed, "sample").split("noise")),
      guidance: new Float32Array(count).fill(guidance),
    };
  }

  /** Noise of a step beyond the first that each row starts with. */
  private fresh(origins: readonly Origin[], step: number): Float32Array {
    const size = this.state.reduce((a, b) => a * b, 1);
    const noise = new Float32Array(origins.length * size);
    for (const [row, { seed, index }] of origins.entries())
      new Random(seed, "again")
        .split(step)
        .skipNormals(index * size)
        .fillNormal(noise.subarray(row * size, (row + 1) * size));
    return noise;
  }

  protected async *draw(
    rows: Rows,
    options: Options,
    { size, origins }: DrawnBatch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep> {
    const { steps, sampler, guidance = 1 } = options;
    const { noise, mixture, label = mixture } = rows;
    const mixed = mixture !== undefined;
    const kind = mixed ? " of mixtures" : "";
    let made = 0;
    const velocity = async (state: Float32Array, t: number, until: number) => {
      signal.throwIfAborted();
      made += guidance === 1 ? 1 : 2;
      const at = (time: number) => new Float32Array(size).fill(time);
      const feeds = { state, time: at(t), until: at(until), label };
      const found =
        guidance === 1
          ? await this.programs.run(`velocity${kind}`, this.velocity(mixed), size, feeds)
          : await this.programs.run(`guided${kind}`, this.guided(mixed), size, { ...feeds, guidance: rows.guidance });
      return found.velocity;
    };
    const fresh = (step: number) => this.fresh(origins, step);
    for await (const state of solve(velocity, noise as Float32Array, steps, solverOf(this.shape, sampler), fresh))
      yield { evaluations: made, rows: () => this.toPixels(state, size) };
  }

  private async toPixels(state: Float32Array, size: number): Promise<Float32Array> {
    if (this.net.toImages) return (await this.programs.run("images", this.images, size, { state })).images;
    return state.map((x) => Math.min(1, Math.max(-1, x)));
  }
}
