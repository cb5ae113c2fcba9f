import { Random } from "../../random/index.js";
import { type CompileOptions, compile, Parameters, type Program } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { Images, resolveLabels, resolveNoise } from "../shared/images.js";
import type { ModelFiles } from "../shared/model-files.js";
import { type GeneratorConfig, type GeneratorInputs, imageGenerator } from "./network.js";

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
}

/** Batches a program is compiled for; the smallest that holds the request is used, the largest repeatedly. */
const BATCHES = [1, 8, 64];

/** A one-step image model: one network evaluation per image. */
export class DriftingModel {
  readonly method = "drifting";
  readonly config: ModelFiles["config"];
  private readonly network: GeneratorConfig;
  private readonly generator;
  private readonly programs = new Map<number, Program<keyof GeneratorInputs, { images: Tensor }>>();

  constructor(
    { config, weights }: ModelFiles,
    private readonly options: CompileOptions = {},
  ) {
    this.config = config;
    this.network = config.network as GeneratorConfig;
    this.generator = imageGenerator(this.network);
    new Parameters(this.generator.namedParameters()).load(weights);
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

  /** Draws images in one network evaluation each. The same options give the same images, whatever else is drawn. */
  async sample({ count = 1, label, guidance = 1, seed = 0, noise, style }: SampleOptions = {}): Promise<Images> {
    const { autoencoder, styles } = this.network;
    const { latent, height, width, channels } = autoencoder;
    if (!(Number.isInteger(count) && count > 0))
      throw new Error(`count must be a positive whole number, got ${count}.`);
    if (!(guidance >= 1 && guidance <= 4))
      throw new Error(`guidance must be in [1, 4], the range it was trained on; got ${guidance}.`);
    if (
      style &&
      (style.length !== styles.count || style.some((s) => !Number.isInteger(s) || s < 0 || s >= styles.size))
    )
      throw new Error(`style takes ${styles.count} whole numbers in [0, ${styles.size}), got [${style}].`);
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
    const batch = BATCHES.find((b) => b >= count) ?? BATCHES[BATCHES.length - 1];
    const program = this.program(batch);
    for (let at = 0; at < count; at += batch) {
      const n = Math.min(batch, count - at);
      const padded = <T extends Float32Array | Int32Array>(all: T, per: number): T => {
        const part = all.slice(at * per, (at + n) * per) as T;
        if (n === batch) return part;
        const full = new (all.constructor as new (n: number) => T)(batch * per);
        full.set(part);
        return full;
      };
      const { images } = await program.run({
        noise: padded(z, latent),
        label: padded(labels, 1),
        guidance: new Float32Array(batch).fill(guidance),
        style: padded(tokens, styles.count),
      });
      pixels.set(images.subarray(0, n * size), at * size);
    }
    return new Images(pixels, count, channels as 1 | 3, height, width, this.config.classNames ? labels : null);
  }

  /** Network evaluations per image. */
  nfe(): number {
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
