import { checkRequest, Images, resolveLabels, resolveNoise } from "../../media/images.js";
import { loadedNetwork } from "../../models/architecture.js";
import { batchesOf, paddedRows } from "../../models/batching.js";
import type { ModelFiles } from "../../models/files.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, compile, Releasable } from "../../runtime/index.js";
import { constant } from "../../tensor/index.js";
import { type FlowNetworkConfig, flowArchitecture } from "./network.js";
import { evaluations, integrate, type Solver } from "./sampler.js";

export interface FlowSampleOptions {
  /** Images to draw; default 1. */
  count?: number;
  /** Class name or index, for all or one each; default: all classes in turn. */
  label?: string | number | readonly (string | number)[];
  /** Integration steps, 1 … 1000; default 20. */
  steps?: number;
  sampler?: Solver;
  /** v_none + g·(v_class − v_none), 0 … 10; 1, the default, is no guidance and costs half. */
  guidance?: number;
  seed?: number;
  /** Gaussian noise [count, size of a state] instead of a seed's. */
  noise?: Float32Array;
}

/** A flow-matching image model: as many network evaluations per image as the solver takes. */
export class FlowModel extends Releasable {
  readonly method = "flow";
  readonly config: ModelFiles["config"];
  private readonly network: FlowNetworkConfig;
  private readonly net;
  private readonly programs = new Map<number, ReturnType<FlowModel["compilePrograms"]>>();

  constructor(
    files: ModelFiles,
    private readonly options: CompileOptions = {},
  ) {
    super();
    this.config = files.config;
    const { shape, net } = loadedNetwork(flowArchitecture, files);
    this.network = shape;
    this.net = net;
  }

  get classNames(): readonly string[] | null {
    return this.config.classNames;
  }

  /** Throws where an option is out of its range. */
  check(options: FlowSampleOptions = {}): void {
    const { steps = 20, sampler = "euler", guidance = 1 } = options;
    checkRequest(
      options,
      this.classNames,
      this.stateShape.reduce((a, b) => a * b, 1),
    );
    if (!(Number.isInteger(steps) && steps >= 1 && steps <= 1000))
      throw new Error(`steps must be a whole number in [1, 1000], got ${steps}.`);
    if (sampler !== "euler" && sampler !== "heun")
      throw new Error(`sampler must be "euler" or "heun", got "${sampler}".`);
    if (!(guidance >= 0 && guidance <= 10)) throw new Error(`guidance must be in [0, 10], got ${guidance}.`);
    if (guidance !== 1 && this.network.classes === 0)
      throw new Error(`This model has no classes to be guided to; leave out the guidance ${guidance}.`);
  }

  /** Network evaluations per image: those of the solver, twice with guidance. Decoding latent vectors is not counted. */
  nfe(options: FlowSampleOptions = {}): number {
    this.check(options);
    const { steps = 20, sampler = "euler", guidance = 1 } = options;
    return evaluations(steps, sampler) * (guidance === 1 ? 1 : 2);
  }

  private get stateShape(): number[] {
    const { space, autoencoder } = this.network;
    return space === "pixel" ? [autoencoder.channels, autoencoder.height, autoencoder.width] : [autoencoder.latent];
  }

  private compilePrograms(batch: number) {
    const { classes } = this.network;
    const { toImages, velocity } = this.net;
    const options = { freeze: true, ...this.options };
    const state = [batch, ...this.stateShape];
    const label = { shape: [batch], dtype: "int32" as const };
    return {
      velocity: compile(
        { state, time: [batch], label },
        ({ state, time, label }) => ({ velocity: velocity(state, time, label) }),
        options,
      ),
      guided: compile(
        { state, time: [batch], label, guidance: [] },
        ({ state, time, label, guidance }) => {
          const free = velocity(state, time, constant(new Int32Array(batch).fill(classes), [batch], "int32"));
          return { velocity: free.add(velocity(state, time, label).sub(free).mul(guidance)) };
        },
        options,
      ),
      images: toImages && compile({ state }, ({ state }) => ({ images: toImages(state).clamp(-1, 1) }), options),
    };
  }

  private programsFor(batch: number) {
    let programs = this.programs.get(batch);
    if (!programs) this.programs.set(batch, (programs = this.compilePrograms(batch)));
    return programs;
  }

  /** Draws images. The same options give the same images, whatever else is drawn. */
  async sample(options: FlowSampleOptions = {}): Promise<Images> {
    this.check(options);
    const { count = 1, label, steps = 20, sampler = "euler", guidance = 1, seed = 0, noise } = options;
    const { height, width, channels } = this.network.autoencoder;
    const labels = resolveLabels(label, count, this.config.classNames);
    const stateSize = this.stateShape.reduce((a, b) => a * b, 1);
    const all = resolveNoise(noise, count, stateSize, new Random(seed, "sample").split("noise"));
    const size = channels * height * width;
    const pixels = new Float32Array(count * size);
    for (const part of batchesOf(count)) {
      const programs = this.programsFor(part.batch);
      const start = paddedRows(all, stateSize, part);
      const own = paddedRows(labels, 1, part);
      const end = await integrate(
        async (state, t) => {
          const feeds = { state, time: new Float32Array(part.batch).fill(t), label: own };
          return (
            guidance === 1 ? await programs.velocity.run(feeds) : await programs.guided.run({ ...feeds, guidance })
          ).velocity;
        },
        start,
        steps,
        sampler,
      );
      const images = programs.images
        ? (await programs.images.run({ state: end })).images
        : end.map((x) => Math.min(1, Math.max(-1, x)));
      pixels.set(images.subarray(0, part.n * size), part.at * size);
    }
    return new Images(pixels, count, channels, height, width, this.config.classNames ? labels : null);
  }

  /** The velocity field for a batch as an ONNX model with inputs state, time and label. */
  toOnnx(batch = 1): Uint8Array {
    return this.compilePrograms(batch).velocity.toOnnx({
      method: this.method,
      classes: JSON.stringify(this.config.classNames),
    });
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const { velocity, guided, images } of this.programs.values()) {
      await velocity.release();
      await guided.release();
      await images?.release();
    }
    this.programs.clear();
  }
}
