import { checkRequest, Images, resolveLabels, resolveNoise } from "../../media/images.js";
import { loadedNetwork } from "../../models/architecture.js";
import { batchesOf, paddedRows } from "../../models/batching.js";
import type { ModelFiles } from "../../models/files.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, compile, type Program, Releasable } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { type GeneratorConfig, type GeneratorInputs, generatorArchitecture } from "./network.js";

export interface SampleOptions {
  /** Images to draw; default 1. */
  count?: number;
  /** Class name or index, for all or one each; default: all classes in turn. */
  label?: string | number | readonly (string | number)[];
  /** Guidance strength α in [1, 4]; higher follows the class more closely and varies less. */
  guidance?: number;
  seed?: number;
  /** Gaussian noise [count, latent] instead of a seed's. */
  noise?: Float32Array;
  /** Style tokens of every image, each in [0, size); default: drawn. */
  style?: readonly number[];
  /** Always 1. */
  steps?: number;
}

/** A one-step image model: one network evaluation per image. */
export class DriftingModel extends Releasable {
  readonly method = "drifting";
  readonly config: ModelFiles["config"];
  private readonly network: GeneratorConfig;
  private readonly generator;
  private readonly programs = new Map<number, Program<keyof GeneratorInputs, { images: Tensor }>>();

  constructor(
    files: ModelFiles,
    private readonly options: CompileOptions = {},
  ) {
    super();
    this.config = files.config;
    const { shape, net } = loadedNetwork(generatorArchitecture, files);
    this.network = shape;
    this.generator = net;
  }

  get classNames(): readonly string[] | null {
    return this.config.classNames;
  }

  private program(batch: number) {
    const { styles, guidance, autoencoder } = this.network;
    let program = this.programs.get(batch);
    if (!program) {
      program = compile(
        {
          noise: [batch, 1, autoencoder.latent],
          label: { shape: [batch], dtype: "int32" },
          guidance: guidance && [batch],
          style: styles.count > 0 && { shape: [batch, 1, styles.count], dtype: "int32" },
        },
        (inputs) => ({ images: this.generator(inputs).clamp(-1, 1) }),
        { freeze: true, ...this.options },
      );
      this.programs.set(batch, program);
    }
    return program;
  }

  /** Throws where an option is out of its range, or one that this model has no use for. */
  check(options: SampleOptions = {}): void {
    const { guidance = 1, style, steps = 1 } = options;
    const { autoencoder, styles } = this.network;
    checkRequest(options, this.classNames, autoencoder.latent);
    if (steps !== 1) throw new Error(`This is a one-step model: it takes 1 step, not ${steps}; leave out the steps.`);
    if (!(guidance >= 1 && guidance <= 4))
      throw new Error(`guidance must be in [1, 4], the range it was trained on; got ${guidance}.`);
    if (guidance !== 1 && !this.network.guidance)
      throw new Error(`This model was trained without guidance; leave out the guidance ${guidance}.`);
    if (
      style &&
      (style.length !== styles.count || style.some((s) => !Number.isInteger(s) || s < 0 || s >= styles.size))
    )
      throw new Error(`style takes ${styles.count} whole numbers in [0, ${styles.size}), got [${style}].`);
  }

  /** Draws images in one network evaluation each. The same options give the same images, whatever else is drawn. */
  async sample(options: SampleOptions = {}): Promise<Images> {
    this.check(options);
    const { count = 1, label, guidance = 1, seed = 0, noise, style } = options;
    const { autoencoder, styles } = this.network;
    const { latent, height, width, channels } = autoencoder;
    const labels = resolveLabels(label, count, this.config.classNames);
    const random = new Random(seed, "sample");
    const z = resolveNoise(noise, count, latent, random.split("noise"));
    const styleRandom = random.split("style");
    const tokens = Int32Array.from(
      { length: count * styles.count },
      (_, i) => (i % styles.count) * styles.size + (style?.[i % styles.count] ?? styleRandom.integer(styles.size)),
    );

    const size = channels * height * width;
    const pixels = new Float32Array(count * size);
    for (const part of batchesOf(count)) {
      const { images } = await this.program(part.batch).run({
        noise: paddedRows(z, latent, part),
        label: paddedRows(labels, 1, part),
        guidance: new Float32Array(part.batch).fill(guidance),
        style: paddedRows(tokens, styles.count, part),
      });
      pixels.set(images.subarray(0, part.n * size), part.at * size);
    }
    return new Images(pixels, count, channels, height, width, this.config.classNames ? labels : null);
  }

  /** Network evaluations per image. */
  nfe(options: SampleOptions = {}): number {
    this.check(options);
    return 1;
  }

  /** The generator for a batch as an ONNX model with inputs noise, label, guidance and style. */
  toOnnx(batch = 1): Uint8Array {
    return this.program(batch).toOnnx({ method: this.method, classes: JSON.stringify(this.config.classNames) });
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const program of this.programs.values()) await program.release();
    this.programs.clear();
  }
}
