import { ClassStream, IndexStream } from "../../data/batches.js";
import type { ImageDataset } from "../../data/index.js";
import type { Random } from "../../random/index.js";
import type { InputSpec } from "../../runtime/index.js";
import { drawGuidance, guidanceWeight } from "./guidance.js";
import type { DriftingSettings } from "./settings.js";

/**
 * Conditions of one step: B groups, each with its label, guidance strength and weight of the unconditional negatives.
 */
export class GroupDraw {
  readonly groups: number;
  readonly unconditional: number;
  private readonly positives: ClassStream | IndexStream;
  private readonly others: IndexStream;

  constructor(
    private readonly context: { dataset: ImageDataset; config: DriftingSettings },
    private readonly samples: number,
    maxGroups: number,
    private readonly random: Random,
    /** Numbers of noise of a sample; default: of a latent vector. */
    private readonly noise = context.config.autoencoder.latent,
  ) {
    const { dataset, config } = context;
    const { train, classNames } = dataset;
    const labelled = train.labels !== null && classNames !== null;
    this.unconditional = labelled && config.guidance ? config.guidance.unconditional : 0;
    this.positives = labelled
      ? new ClassStream(train.labels!, classNames.length, random.split("positives"), dataset.classWeights)
      : new IndexStream(train.count, random.split("positives"));
    this.groups = this.positives instanceof ClassStream ? Math.min(maxGroups, this.positives.present.length) : 1;
    this.others = new IndexStream(train.count, random.split("unconditional"));
  }

  /** Specs of the generator's inputs. */
  inputs() {
    const { groups, samples, noise: length } = this;
    const { count: styles } = this.context.config.generator.styles;
    return {
      noise: [groups, samples, length],
      label: { shape: [groups], dtype: "int32" as const },
      guidance: [groups],
      style: styles > 0 && { shape: [groups, samples, styles], dtype: "int32" as const },
    } satisfies Record<string, InputSpec>;
  }

  /**
   * These, the weight of the unconditional negatives, and noise and styles of independent negatives where there are any: what
   * `next` fills beside the images.
   */
  specs() {
    const inputs = this.inputs();
    return {
      ...inputs,
      weight: [this.groups, 1],
      otherNoise: this.independent && inputs.noise,
      otherStyle: this.independent && inputs.style,
    } satisfies Record<string, InputSpec>;
  }

  private get independent(): boolean {
    return this.context.config.drift.negatives === "independent";
  }

  /**
   * Draws labels, noise, styles and guidance, and the indices of real images: positives by group, then unconditional
   * ones.
   */
  next() {
    const { groups, samples, unconditional, random } = this;
    const { config } = this.context;
    const label =
      this.positives instanceof ClassStream ? this.positives.drawClasses(groups, random) : new Int32Array(1);
    const latents = this.latents();
    const others = this.independent ? this.latents() : null;
    const guidance = Float32Array.from({ length: groups }, () =>
      unconditional > 0 ? drawGuidance(random, config.guidance!) : 1,
    );
    const weight = guidance.map((alpha) => (unconditional > 0 ? guidanceWeight(alpha, samples, unconditional) : 0));
    const positives =
      this.positives instanceof ClassStream ? this.positives.next(label, samples) : this.positives.next(samples);
    return {
      label,
      ...latents,
      ...(others && { otherNoise: others.noise, otherStyle: others.style }),
      guidance,
      weight,
      positives,
      others: unconditional > 0 ? this.others.next(unconditional) : new Uint32Array(0),
    };
  }

  /** Every class that has images, in their order, at a guidance of 1, with its noise and styles. */
  everyClass() {
    const label = this.positives instanceof ClassStream ? this.positives.present : new Int32Array(1);
    return { label, ...this.latents(), guidance: new Float32Array(this.groups).fill(1) };
  }

  private latents(): { noise: Float32Array; style: Int32Array } {
    const { groups, samples, random } = this;
    const { count, size } = this.context.config.generator.styles;
    const noise = new Float32Array(groups * samples * this.noise);
    random.fillNormal(noise);
    const length = groups * samples * count;
    return { noise, style: Int32Array.from({ length }, (_, i) => (i % count) * size + random.integer(size)) };
  }

  get state() {
    return { random: this.random, positives: this.positives, others: this.others };
  }
}
