import type { z } from "zod";
import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { Images } from "../../media/images.js";
import { editsOf } from "../../models/edits.js";
import type { ModelConfig } from "../../models/files.js";
import type { SampleContext } from "../../models/generator.js";
import { ImageModel } from "../../models/image-model.js";
import { type Label, resolveClasses, resolveLabels, resolveNoise } from "../../models/inputs.js";
import type { BatchStep, DrawnBatch, Rows } from "../../models/model.js";
import { OptionError } from "../../models/options.js";
import { graph } from "../../models/programs.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { constant } from "../../tensor/index.js";
import { sphereEdits } from "./edits.js";
import type {
  ClassOptions,
  ClassWeights,
  DecodeOptions,
  EditControl,
  GuidanceOptions,
  RefineOptions,
  SphereEncoder,
} from "./encoder.js";
import { fullStrength, type NoiseKind, spherify, spherifyRows } from "./geometry.js";
import type { SphereNetwork } from "./network.js";
import { MOST_STEPS, sphereOptions } from "./options.js";
import { type Coder, refinePasses, sphereSample } from "./sampler.js";
import type { SphereShape } from "./shape.js";
import { latentLength } from "./shape.js";

type Schema = ReturnType<typeof sphereOptions>;
type Options = z.output<Schema>;

/** Inputs that exported networks do without. */
const ABSENT = { none: "", guidance: "" };

const REFINE = ["label", "classes", "guidance", "guidanceAt", "steps", "strength", "shareNoise", "seed", "noise"];

type Side = "encode" | "decode";

/** Strength of guidance, of all rows or of each. */
type Strength = number | Float32Array;

/** A Sphere Encoder: draws, refines and edits images through a latent sphere of radius √L. */
export class SphereModel extends ImageModel<Schema> implements SphereEncoder {
  /** Length L of a latent. */
  readonly latent: number;
  readonly noise: { readonly kind: NoiseKind; readonly maxAngle: number };
  readonly sampleAngle: number | null;

  constructor(
    config: ModelConfig,
    private readonly shape: SphereShape,
    private readonly net: SphereNetwork,
    options?: CompileOptions,
  ) {
    super(config, sphereOptions(shape), options);
    this.latent = latentLength(shape);
    this.noise = shape.noise;
    this.sampleAngle = shape.sampleAngle ?? null;
  }

  /** One network: x, class weights [size, classes + 1], with guidance also those of no class, and a decoder's angles. */
  private side(side: Side, guided: boolean) {
    const { image, shape, latent } = this;
    const of = this.net[side];
    return graph({
      inputs: (size: number) => ({
        x: side === "encode" ? [size, image.channels, image.height, image.width] : [size, latent],
        classes: [size, shape.classes + 1],
        none: guided && [size, shape.classes + 1],
        guidance: guided && [size],
        angle: this.toldAngle(side) && [size],
      }),
      build: ({ x, classes, none, guidance, angle }) => {
        const given = of(x, classes, angle || undefined);
        const free = guided ? of(x, none, angle || undefined) : given;
        const strength = guided && guidance.reshape([guidance.size, ...given.shape.slice(1).map(() => 1)]);
        const out = strength ? free.add(given.sub(free).mul(strength)) : given;
        return { out: side === "decode" ? out.clamp(-1, 1) : out };
      },
    });
  }

  private toldAngle(side: Side): boolean {
    return side === "decode" && this.sampleAngle !== null;
  }

  get edits() {
    return editsOf<SphereEncoder>(this, sphereEdits(this.shape));
  }

  get parts() {
    const { image, shape, latent } = this;
    const classes = `float32 [batch, ${shape.classes + 1}]: how much of each class, and last of none; rows sum to 1`;
    return {
      decoder: this.part("x (latents on the sphere) and classes (weights) to images", this.side("decode", false), {
        x: `float32 [batch, ${latent}]: latents of length √${latent}`,
        classes,
        ...ABSENT,
        angle: this.sampleAngle === null ? "" : "float32 [batch]: degrees of noise in the latents, 0 … 90",
      }),
      encoder: this.part("x (images) and classes (weights) to raw latents", this.side("encode", false), {
        x: `float32 [batch, ${image.channels}, ${image.height}, ${image.width}]: images, −1 … 1`,
        classes,
        ...ABSENT,
        angle: "",
      }),
    };
  }

  /** A sample of one step without guidance: noise to the sphere, and that decoded. */
  get whole() {
    const { shape, latent, classNames } = this;
    const drawn = graph({
      inputs: (size: number) => ({
        noise: [size, latent],
        label: classNames !== null && { shape: [size], dtype: "int32" as const },
      }),
      build: ({ noise, label }) => {
        const [size] = noise.shape;
        const none = constant(new Int32Array(size).fill(shape.classes), [size], "int32");
        const classes = (label || none).oneHot(shape.classes + 1);
        const angle = this.sampleAngle === null ? undefined : constant([this.sampleAngle]).broadcastTo([size]);
        return { images: this.net.decode(spherify(noise), classes, angle).clamp(-1, 1) };
      },
    });
    return this.part("noise and label to images of one step, clipped to [−1, 1]", drawn, {
      noise: `float32 [batch, ${latent}]: drawn from a standard normal distribution`,
      label: `int32 [batch]: class, 0 … ${shape.classes}; the last is none`,
    });
  }

  /** Rows of any number through one network. */
  private async through(
    side: Side,
    x: Float32Array,
    classes: ClassWeights,
    guidance: Strength,
    angle: number | Float32Array = 0,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const guided = guidance !== 1; // rows of strengths are of guided samples
    const count = classes.length / (this.shape.classes + 1);
    const none = guided ? this.noClass(count) : 0;
    const told = this.toldAngle(side) && (typeof angle === "number" ? new Float32Array(count).fill(angle) : angle);
    const name = `${side} ${guided}`;
    const { out } = await this.programs.rows(
      name,
      this.side(side, guided),
      count,
      { x, classes, none, guidance, angle: told || 0 },
      { signal },
    );
    return out;
  }

  /** Class weights of images without a class. */
  private noClass(count: number): ClassWeights {
    const row = this.shape.classes + 1;
    return new Float32Array(count * row).map((_, i) => (i % row === row - 1 ? 1 : 0));
  }

  /**
   * Class weights [count, classes + 1] of a label, of one for each, or (null) of none. @throws where there is no such
   * class.
   */
  classWeights(label: Label | null | undefined, count: number): ClassWeights {
    if (label === null || label === undefined) return this.noClass(count);
    return this.weightsOf(resolveLabels(label, count, this.classNames));
  }

  private weightsOf(labels: Int32Array): ClassWeights {
    if (this.classNames === null) return this.noClass(labels.length);
    const row = this.shape.classes + 1;
    const weights = new Float32Array(labels.length * row);
    labels.forEach((label, i) => void (weights[i * row + label] = 1));
    return weights;
  }

  /** The class weights that are given, or a label's. @throws where guidance has no class to go to. */
  private classesOf({ label, classes, guidance = 1 }: ClassOptions & GuidanceOptions, count: number): ClassWeights {
    const named = label !== undefined && label !== null;
    if (classes && named) throw new OptionError("Give a label or class weights, not both.");
    const size = count * (this.shape.classes + 1);
    if (classes && classes.length !== size)
      throw new OptionError(`Class weights take ${count} × ${size / count} numbers, got ${classes.length}.`);
    for (const weight of classes ?? [])
      if (!Number.isFinite(weight)) throw new OptionError(`Class weights must be finite, got ${weight}.`);
    if (guidance > 1 && this.classNames && !classes && !named)
      throw new OptionError(
        `Guidance goes from no class to a class; give a label, or leave out the guidance ${guidance}.`,
      );
    return classes ?? this.classWeights(label, count);
  }

  /** Classes that pictures are given by a label; null where they are given none. */
  private labelsOf(label: Label | null | undefined, count: number): Int32Array | null {
    return label === null || label === undefined ? null : resolveLabels(label, count, this.classNames);
  }

  /** Guidance factor of each network. The options are checked as those of a sample. */
  private factors({ guidance, guidanceAt }: GuidanceOptions): Record<Side, number> {
    const given = { ...(guidance !== undefined && { guidance }), ...(guidanceAt !== undefined && { guidanceAt }) };
    const { guidance: g = 1, guidanceAt: at = "both" } = this.parse(given);
    return {
      encode: at === "both" ? Math.sqrt(g) : at === "encoder" ? g : 1,
      decode: at === "both" ? Math.sqrt(g) : at === "decoder" ? g : 1,
    };
  }

  private images(pixels: Float32Array, labels: Int32Array | null = null): Images {
    const { height, width, channels } = this.image;
    return new Images(pixels, pixels.length / (channels * height * width), channels, height, width, labels);
  }

  /**
   * A signal for an edit of several parts: it aborts with `given`, and when the model is released.
   */
  working(given?: AbortSignal): AbortSignal {
    return this.programs.work.signal(given);
  }

  /** Throws unless the pictures have the model's size and finite pixels in [−1, 1]; nothing is resized or clamped. */
  checkImages(images: Images): void {
    if (!(images instanceof Images)) throw new OptionError(`Images are needed, got ${show(images)}.`);
    const { channels, height, width, pixels } = images;
    const own = this.image;
    if (height !== own.height || width !== own.width || channels !== own.channels)
      throw new Error(
        `${this.config.name} takes images of ${own.width}×${own.height}×${own.channels}, got ${width}×${height}×${channels}; scale them first.`,
      );
    const bad = pixels.find((value) => !(value >= -1 && value <= 1));
    if (bad !== undefined) throw new Error(`Pixels must be numbers in [−1, 1], got ${bad}.`);
  }

  /** Latents [count, L] on the sphere: v = f(E(x, class)). */
  async encode(images: Images, options: ClassOptions & EditControl = {}): Promise<Float32Array> {
    requireKnown(`encode of ${this.config.name}`, options, ["label", "classes", "signal"]);
    const { label, classes, signal } = options;
    this.checkImages(images);
    const weights = this.classesOf({ label, classes }, images.count);
    return spherifyRows(await this.through("encode", images.pixels, weights, 1, 0, signal), this.latent);
  }

  /** Images of latents [count, L]: D(v, class, angle). @throws OptionError where an option cannot be */
  async decode(latents: Float32Array, options: DecodeOptions = {}): Promise<Images> {
    const angled = this.sampleAngle === null ? [] : ["angle"];
    const known = ["label", "classes", "guidance", "guidanceAt", ...angled, "signal"];
    requireKnown(`decode of ${this.config.name}`, options, known);
    const count = latents.length / this.latent;
    if (!Number.isInteger(count) || count === 0)
      throw new Error(`Latents have ${this.latent} numbers each, got ${latents.length} in all.`);
    const bad = latents.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`Latents must be finite, got ${bad}.`);
    const { decode } = this.factors(options);
    const classes = this.classesOf(options, count);
    const { angle = 0 } = options;
    checkAngles(angle, count);
    const pixels = await this.through("decode", latents, classes, decode, angle, options.signal);
    return this.images(pixels, this.labelsOf(options.label, count));
  }

  /** Both networks with their classes and guidance. */
  private coder(classes: ClassWeights, factors: Record<Side, Strength>, signal?: AbortSignal): Coder {
    return {
      latent: this.latent,
      encode: (pixels) => this.through("encode", pixels, classes, factors.encode, 0, signal),
      decode: (latents, angle) => this.through("decode", latents, classes, factors.decode, angle, signal),
    };
  }

  private get fullNoise() {
    const { kind, maxAngle } = this.noise;
    return { kind, full: fullStrength(kind, maxAngle) };
  }

  /**
   * Passes images through {encode, disturb, decode}: with full strength a refinement of samples, with less an edit that
   * stays closer to the picture, with none a projection onto what the model has learned.
   */
  async refine(images: Images, options: RefineOptions = {}): Promise<Images> {
    requireKnown(`refine of ${this.config.name}`, options, [...REFINE, "between", "signal"]);
    this.checkImages(images);
    const { count } = images;
    const labels = this.labelsOf(options.label, count) ?? images.labels;
    const { steps = 1, strength = 1, shareNoise = true, seed = 0, noise, between } = options;
    const signal = this.programs.work.signal(options.signal);
    signal.throwIfAborted();
    if (!Number.isSafeInteger(seed)) throw new OptionError(`seed must be a whole number, got ${seed}.`);
    if (!(Number.isInteger(steps) && steps >= 0 && steps <= MOST_STEPS))
      throw new OptionError(`steps must be a whole number from 0 to ${MOST_STEPS}, got ${steps}.`);
    if (typeof strength === "number") checkStrength(strength);
    const coder = this.coder(this.classesOf(options, count), this.factors(options), signal);
    const random = new Random(seed, "refine");
    const shared = resolveNoise(noise, count, this.latent, random.split("noise"));
    let current = labels === images.labels ? images : this.images(images.pixels, labels);
    const passes = refinePasses(coder, images.pixels, {
      ...this.fullNoise,
      passes: steps,
      strength: (pass) => checkStrength(typeof strength === "number" ? strength : strength(pass)),
      noise: (pass) => (shareNoise || pass === 0 ? shared : random.split(pass).normals(shared.length)),
    });
    for await (const pixels of passes) {
      current = this.images(pixels, labels);
      between?.(current);
    }
    return current;
  }

  /** Autoencodes pictures without noise, and by default without class: D(f(E(x))). */
  async reconstruct(images: Images, options: { label?: Label | null } & EditControl = {}): Promise<Images> {
    requireKnown(`reconstruct of ${this.config.name}`, options, ["label", "signal"]);
    return this.refine(images, { ...options, strength: 0 });
  }

  /** Network evaluations: T decodings and T − 1 encodings, each twice where it is guided. */
  protected evaluations(options: Options): number {
    const { encode, decode } = this.factors(options);
    return options.steps * (decode === 1 ? 1 : 2) + (options.steps - 1) * (encode === 1 ? 1 : 2);
  }

  protected stepsOf({ steps }: Options): number {
    return steps;
  }

  protected override get standIns() {
    return ["noise", "mixture"] as const;
  }

  /** Seeds and strengths of guidance stand in the rows; no guidance takes another program. */
  protected override shared({ count: _, label: __, seed: ___, guidance = 1, ...others }: Options): object {
    return { ...others, guided: guidance !== 1 };
  }

  protected begin(options: Options, { noise, mixture }: SampleContext): Rows {
    const { count, label, guidance = 1, seed, shareNoise } = options;
    const of = resolveClasses({ label, mixture, seed }, count, this.classNames, { none: true });
    const first = resolveNoise(noise, count, this.latent, new Random(seed, "sample").split("noise"));
    const again = shareNoise === "initial" ? first : new Random(seed, "refine").split("noise").normals(first.length);
    const classes = "mixture" in of ? of.mixture : this.weightsOf(of.label);
    return { ...of, noise: first, again, classes, guidance: new Float32Array(count).fill(guidance) };
  }

  protected async *draw(
    rows: Rows,
    options: Options,
    { origins }: DrawnBatch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep> {
    const { steps, shareNoise, schedule, angle = this.sampleAngle ?? 0 } = options;
    const { noise: first, again, classes, guidance } = rows as Record<string, Float32Array>;
    const fresh = (pass: number) => {
      const noise = new Float32Array(first.length);
      for (const [row, { seed, index }] of origins.entries()) {
        const random = new Random(seed, "refine").split(pass).skipNormals(index * this.latent);
        random.fillNormal(noise.subarray(row * this.latent, (row + 1) * this.latent));
      }
      return noise;
    };
    const factors = this.factors(options);
    const strength = (side: Side): Strength => {
      if (factors[side] === 1) return 1;
      return (options.guidanceAt ?? "both") === "both" ? guidance.map(Math.sqrt) : guidance;
    };
    const coder = this.coder(classes, { encode: strength("encode"), decode: strength("decode") }, signal);
    const drawn = sphereSample(coder, first, angle, {
      ...this.fullNoise,
      passes: steps - 1,
      strength: (pass) => (schedule ? 1 - (pass + 1) / steps : 1),
      noise: (pass) => (shareNoise !== "none" || pass === 0 ? again : fresh(pass)),
    });
    let step = 0;
    for await (const pixels of drawn)
      yield { evaluations: this.evaluations({ ...options, steps: ++step }), rows: () => pixels };
  }
}

function checkAngles(angle: number | Float32Array, count: number): void {
  const angles = typeof angle === "number" ? [angle] : angle;
  if (typeof angle !== "number" && angles.length !== count)
    throw new OptionError(`angle is one number or ${count}, got ${angles.length}.`);
  for (const one of angles)
    if (!(one >= 0 && one <= 90)) throw new OptionError(`angle must be in [0, 90] degrees, got ${one}.`);
}

function checkStrength(strength: number): number {
  if (!(typeof strength === "number" && strength >= 0 && strength <= 1))
    throw new OptionError(`strength must be in [0, 1], got ${strength}.`);
  return strength;
}
