import { type Compute, compile, nn, resolveRuntime } from "fewstep/core";
import {
  driftingRecipe,
  encodeSafetensors,
  type ImageDataset,
  type Keeper,
  modelConfig,
  type Packed,
  type Position,
  pack,
  type Stage,
  toFloat,
  trainStages,
  unpack,
} from "fewstep/training";
import { type PageSettings, type PicturesData, pageSettings, pictureDataset, presentClasses } from "./pictures-data.js";
import { type Measured, pixelMeasure, SAMPLES } from "./pictures-measure.js";
import type { Store } from "./store.js";

export interface PicturesSettings extends PageSettings {
  data: PicturesData;
}

/** Pictures that show where training stands. */
export interface PicturesShown {
  /** "copies": held-out pictures through the autoencoder, before there are samples. */
  kind: "copies" | "samples";
  /** [count, channels, size, size] in [−1, 1]. */
  pixels: Float32Array;
  count: number;
  /** Class of each. */
  labels: Int32Array | null;
}

/** How far samples were from held-out pictures when training stood there. */
export interface PicturesQuality extends Measured {
  step: number;
  seconds: number;
}

export interface PicturesStep {
  stage: string;
  stageStep: number;
  /** Of this stage. */
  steps: number;
  /** Of all stages. */
  step: number;
  /** Wall-clock time of training, over all its sessions. */
  seconds: number;
  loss: number;
}

/** Told while it trains. A promise is waited for. */
export interface PicturesWatch {
  step?(step: PicturesStep): void;
  shown?(shown: PicturesShown): void;
  quality?(quality: PicturesQuality): void;
  /**
   * Seconds between two sheets, as often as which the training is kept, and between two figures; default 1 and 10. 0:
   * after every step (it is then kept every second).
   */
  every?: { shown: number; quality: number };
}

/** A model's folder, file by file. */
export type ModelFolder = Record<"config.json" | "model.safetensors", Blob>;

/** What is kept of a training that was left. */
export interface KeptPictures {
  name: string;
  position: Position;
  finished: boolean;
  quality: PicturesQuality[];
}

interface KeptStage {
  packed: Packed;
  position: Position;
  end: boolean;
}

/** Seconds between what a page is shown. */
const EVERY = { shown: 1, quality: 10 };
/** Pictures of a sheet. */
export const SHEET = 64;

/** What is kept of a training in this store; null where there is none. */
export const keptPictures = async (store: Store): Promise<KeptPictures | null> =>
  ((await store.get("kept")) as KeptPictures | undefined) ?? null;

/**
 * A one-step generator that learns a set of pictures by drifting's recipe with the preset `page`. Its state is kept in a
 * store: a learner of the same store goes on bit for bit, on a CPU with as many threads.
 */
export class PicturesLearner {
  /** Figures so far. */
  readonly history: PicturesQuality[] = [];
  private readonly measured: (pixels: Float32Array) => Measured;
  private readonly classes: Int32Array;
  private made: ReturnType<typeof driftingRecipe>;
  private copies: ReturnType<typeof copying>;
  /** The stage in training; null while nothing is. */
  private stage: Stage | null = null;
  private position: Position = { stage: "", stageStep: 0, step: 0, seconds: 0 };
  private finished = false;
  private waiting: (() => Promise<void>)[] = [];
  private training = false;

  private constructor(
    private readonly dataset: ImageDataset,
    private readonly settings: PageSettings,
    private readonly store: Store,
    private readonly compute: Compute,
  ) {
    this.measured = pixelMeasure(dataset);
    this.classes = presentClasses(dataset);
    this.made = this.recipe();
    this.copies = copying(this.made, dataset, compute);
  }

  /** Begins anew; what the store kept before is gone. @throws where the pictures cannot be learnt from */
  static async begin(
    { data, seed, effort }: PicturesSettings,
    store: Store,
    compute: Compute = {},
  ): Promise<PicturesLearner> {
    const dataset = pictureDataset(data);
    const learner = new PicturesLearner(dataset, { seed, effort }, store, compute);
    await store.clear();
    await store.set({ dataset, settings: { seed, effort } });
    return learner;
  }

  /** Goes on where the store's training was left. @throws where it keeps none */
  static async goOn(store: Store, compute: Compute = {}): Promise<PicturesLearner> {
    const dataset = (await store.get("dataset")) as ImageDataset | undefined;
    if (!dataset) throw new Error("No training is kept here; start one.");
    const learner = new PicturesLearner(dataset, (await store.get("settings")) as PageSettings, store, compute);
    learner.history.push(...((await keptPictures(store))?.quality ?? []));
    return learner;
  }

  /** Trains to the end, or until the signal aborts: the step in hand is made, and everything kept. */
  async train(signal?: AbortSignal, watch: PicturesWatch = {}): Promise<"finished" | "interrupted"> {
    if (this.training) throw new Error("It is trained already; pause it first.");
    this.training = true;
    try {
      const { status, position } = await trainStages(this.made.stages, this.keeper(watch), {
        signal,
        checkpointSeconds: watch.every?.shown || EVERY.shown,
        sampleEvery: 0,
      });
      this.position = position;
      this.finished = status === "finished";
      await this.stage?.finish?.(); // its average stays in the network
      this.stage = null;
      await this.store.set({ kept: this.kept });
      if (this.finished && watch.shown) watch.shown(await this.draw());
      if (this.finished && watch.quality) watch.quality(await this.measureNow());
      return status;
    } finally {
      await this.stage?.finish?.().catch(() => {}); // after a failure, which says more than this one would
      this.stage = null;
      this.training = false;
      await this.serve();
    }
  }

  /** Prepares `train` after an interruption: networks anew, their state from the store. */
  async again(): Promise<void> {
    const old = [this.made.preview, this.copies];
    this.made = this.recipe();
    this.copies = copying(this.made, this.dataset, this.compute);
    for (const one of old) await one.release();
  }

  /** Whether there is a generator yet, that draws and can be exported: not while the autoencoder is trained. */
  get draws(): boolean {
    return this.finished || this.position.stage === "latent" || this.position.stage === "joint";
  }

  /** Pictures for the eye, always of the same noise. */
  show(): Promise<PicturesShown> {
    return this.between(() => this.draw());
  }

  /** Measures samples against held-out pictures. */
  measure(): Promise<PicturesQuality> {
    return this.between(() => this.measureNow());
  }

  /** The model as it is, as a folder that `loadModel` and `fewstep sample` take. @throws while it cannot draw */
  export(): Promise<ModelFolder> {
    return this.between(async () => {
      if (!this.draws) throw new Error("There is nothing to export yet: wait for the first samples.");
      const { recipe } = this.made;
      const { step, seconds, stage } = this.position;
      const { device } = await resolveRuntime(this.compute.device);
      const config = modelConfig(
        { ...recipe, options: {} },
        { step, seconds, computed: { device, threads: this.compute.threads }, ...(!this.finished && { stage }) },
      );
      const weights = await this.presented(async () => nn.weightsOf(recipe.net));
      return {
        "config.json": new Blob([`${JSON.stringify(config, null, 2)}\n`], { type: "application/json" }),
        "model.safetensors": new Blob([encodeSafetensors(weights) as Uint8Array<ArrayBuffer>]),
      };
    });
  }

  async release(): Promise<void> {
    await this.made.preview.release();
    await this.copies.release();
  }

  private recipe() {
    return driftingRecipe(this.dataset, pageSettings(this.dataset, this.settings), this.compute);
  }

  private keeper({ step: told, shown, quality, every = EVERY }: PicturesWatch): Keeper {
    const due = { shown: 0, quality: 0 };
    return {
      restore: async (stage) => {
        const kept = (await this.store.get(`stage ${stage.name}`)) as KeptStage | undefined;
        if (!kept) return null;
        unpack(kept.packed, stage.state);
        return kept;
      },
      open: async (stage, _, position) => {
        this.stage = stage;
        this.position = { ...position, stage: stage.name };
      },
      save: async (stage, position, end) => {
        this.position = position;
        const packed = copied(pack(stage.state));
        await this.store.set({
          [`stage ${stage.name}`]: { packed, position, end } satisfies KeptStage,
          kept: this.kept,
        });
      },
      log: async ({ step, stage, seconds, ...row }) => {
        this.position = { stage, stageStep: this.position.stageStep + 1, step, seconds };
        told?.({ ...this.position, steps: this.stage!.steps, loss: (row as unknown as { loss: number }).loss });
        if (shown && seconds >= due.shown) {
          shown(await this.draw());
          due.shown = seconds + every.shown;
        }
        if (quality && this.draws && seconds >= due.quality) {
          quality(await this.measureNow());
          due.quality = seconds + every.quality;
        }
        await this.serve();
      },
      advice: () => "Start again with another seed, or with more pictures.",
    };
  }

  private get kept(): KeptPictures {
    return { name: this.dataset.id, position: this.position, finished: this.finished, quality: [...this.history] };
  }

  /** Runs `work` between two training steps: these change what it reads. */
  private between<T>(work: () => Promise<T>): Promise<T> {
    if (!this.training) return work();
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(() => work().then(resolve, reject));
    });
  }

  private async serve(): Promise<void> {
    for (const work of this.waiting.splice(0)) await work();
  }

  /** Runs `work` with the weights in place that the stage would leave if it ended now. */
  private async presented<T>(work: () => Promise<T>): Promise<T> {
    const { stage } = this;
    await stage?.settle?.();
    return stage?.presented ? stage.presented(work) : work();
  }

  private draw(): Promise<PicturesShown> {
    return this.presented(async () => {
      if (this.draws) {
        const { classes } = this;
        const { pixels, labels } = await this.sample(SHEET, (i) => classes[Math.floor((i * classes.length) / SHEET)]);
        return { kind: "samples", pixels, count: SHEET, labels };
      }
      const { test } = this.dataset;
      const rows = Array.from({ length: SHEET }, (_, i) => i % test.count);
      const { images } = await this.copies.run({ images: toFloat(test, rows) });
      const labels = test.labels && Int32Array.from(rows, (i) => test.labels![i]);
      return { kind: "copies", pixels: images, count: SHEET, labels };
    });
  }

  private async measureNow(): Promise<PicturesQuality> {
    const { labels } = this.dataset.test;
    const { pixels } = await this.presented(() => this.sample(SAMPLES, (i) => labels![i % labels!.length]));
    const { step, seconds } = this.position;
    const quality = { step, seconds, ...this.measured(pixels) };
    this.history.push(quality);
    return quality;
  }

  private sample(count: number, classOf: (i: number) => number) {
    const names = this.dataset.classNames;
    const label = names && Array.from({ length: count }, (_, i) => names[classOf(i)]);
    return this.made.preview.sample({ count, seed: 1, ...(label && { label }) });
  }
}

/** Held-out pictures through encoder and decoder as they are. */
const copying = (
  { recipe: { net }, encode }: ReturnType<typeof driftingRecipe>,
  { channels, height, width }: ImageDataset,
  { device, threads }: Compute,
) =>
  compile(
    { images: [SHEET, channels, height, width] },
    ({ images }) => ({ images: net.decode(encode(images)).clamp(-1, 1) }),
    { device, threads },
  );

/** State in arrays of its own: a view of the optimiser's memory would be kept with all of that. */
const copied = ({ tree, tensors }: Packed): Packed => ({
  tree: structuredClone(tree),
  tensors: Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape: [...shape], data: data.slice() }]),
  ),
});
