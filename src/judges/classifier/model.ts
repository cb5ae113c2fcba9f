import { type ImageSplit, toFloat } from "../../data/index.js";
import { show } from "../../io/show.js";
import { loadedNetwork } from "../../models/architecture.js";
import { type LoadOptions, type ModelConfig, type ModelFiles, NoSuchModel, readModel } from "../../models/files.js";
import { type CompileOptions, compile, compileOptions, Releasable } from "../../runtime/index.js";
import { Work } from "../../runtime/release.js";
import { classifierArchitecture } from "./network.js";
import type { ClassifierShape } from "./shape.js";

export interface Judged {
  /** Penultimate activations [N, features]. */
  features: Float32Array;
  /** [N, classes]. */
  logits: Float32Array;
}

const BATCH = 250;

/** A trained evaluation classifier: features and logits of images. */
export class ClassifierModel extends Releasable {
  readonly config: ModelFiles["config"];
  readonly network: ClassifierShape;
  /** Images that it computes at a time. */
  readonly batch = BATCH;
  private readonly program;
  private readonly work: Work;

  constructor(files: ModelFiles, options: CompileOptions = {}) {
    super();
    this.config = files.config;
    this.work = new Work(files.config.name);
    const { shape, net } = loadedNetwork(classifierArchitecture, files);
    this.network = shape;
    const { channels, height, width } = shape;
    this.program = compile({ images: [BATCH, channels, height, width] }, ({ images }) => net(images), {
      freeze: true,
      ...compileOptions(options),
    });
  }

  /** A classifier by folder (of a model or a training run), shipped name or URL. */
  static async load(location: string, options?: LoadOptions): Promise<ClassifierModel> {
    const choose = ({ method }: ModelConfig) => {
      if (method === "classifier") return classifierArchitecture;
      throw new NoSuchModel(`${location} is a ${show(method)} model, not a classifier.`);
    };
    return new ClassifierModel(await readModel(location, choose, options), options);
  }

  /** Features and logits of `count` images [count, C, H, W] in [−1, 1], handed over in batches by `batch(from, to)`. */
  async judge(count: number, batch: (from: number, to: number) => Float32Array, given?: AbortSignal): Promise<Judged> {
    const { channels, height, width, features: d, classes: k } = this.network;
    const features = new Float32Array(count * d);
    const logits = new Float32Array(count * k);
    const signal = this.work.signal(given);
    const images = new Float32Array(BATCH * channels * height * width);
    for (let at = 0; at < count; at += BATCH) {
      const n = Math.min(BATCH, count - at);
      const part = batch(at, at + n);
      if (part.length !== (n * images.length) / BATCH)
        throw new Error(`${n} images of ${width}×${height}×${channels} do not have ${part.length} pixels.`);
      images.set(part);
      const out = await this.work.run(signal, () => this.program.run({ images }));
      features.set(out.features.subarray(0, n * d), at * d);
      logits.set(out.logits.subarray(0, n * k), at * k);
    }
    return { features, logits };
  }

  /** As `judge`, for images of a data set. */
  judgeSplit(split: ImageSplit, indices?: ArrayLike<number>): Promise<Judged> {
    const count = indices?.length ?? split.count;
    return this.judge(count, (from, to) =>
      toFloat(
        split,
        Array.from({ length: to - from }, (_, i) => (indices ? indices[from + i] : from + i)),
      ),
    );
  }

  /** Share of a labelled split that is classified rightly. */
  async accuracy(split: ImageSplit): Promise<number> {
    const { logits } = await this.judgeSplit(split);
    const k = this.network.classes;
    let right = 0;
    for (let i = 0; i < split.count; i++) {
      const row = logits.subarray(i * k, (i + 1) * k);
      if (row.indexOf(Math.max(...row)) === split.labels![i]) right++;
    }
    return right / split.count;
  }

  async release(): Promise<void> {
    await this.work.end();
    await this.program.release();
  }
}
