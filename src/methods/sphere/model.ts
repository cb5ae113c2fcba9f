import type { z } from "zod";
import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { Images } from "../../media/images.js";
import { editsOf } from "../../models/edits.js";
import type { ModelConfig } from "../../models/files.js";
import type { SampleContext } from "../../models/generator.js";
import { ImageModel } from "../../models/image-model.js";
import { type Label, resolveClasses, resolveNoise } from "../../models/inputs.js";
import type { BatchStep, DrawnBatch, Rows } from "../../models/model.js";
import { OptionError } from "../../models/options.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { type Classes, labelsGiven, noClass, weightsGiven, weightsOfClasses, weightsOfLabel } from "./class-weights.js";
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
import { fullStrength, type NoiseKind, spherifyRows } from "./geometry.js";
import { drawnGraph, isToldAngle, type Side, sideGraph } from "./graphs.js";
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
    const drawn = drawnGraph(classNames !== null, shape, this.net);
    return this.part("noise and label to images of one step, clipped to [−1, 1]", drawn, {
      noise: `float32 [batch, ${latent}]: drawn from a standard normal distribution`,
      label: `int32 [batch]: class, 0 … ${shape.classes}; the last is none`,
    });
  }

  private get classes(): Classes {
    return { classes: this.shape.classes, classNames: this.classNames };
  }

  private side(side: Side, guided: boolean) {
    return sideGraph(side, guided, this.shape, this.net);
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
    const none = guided ? noClass(this.classes, count) : 0;
    const told =
      isToldAngle(side, this.shape) && (typeof angle === "number" ? new Float32Array(count).fill(angle) : angle);
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

  /**
   * Class weights [count, classes + 1] of a label, of one for each, or (null) of none. @throws where there is no such
   * class.
   */
  classWeights(label: Label | null | undefined, count: number): ClassWeights {
    return weightsOfLabel(this.classes, label, count);
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
    const weights = weightsGiven(this.classes, { label, classes }, images.count);
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
    const classes = weightsGiven(this.classes, options, count);
    const { angle = 0 } = options;
    checkAngles(angle, count);
    const pixels = await this.through("decode", latents, classes, decode, angle, options.signal);
    return this.images(pixels, labelsGiven(this.classes, options.label, count));
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
    const labels = labelsGiven(this.classes, options.label, count) ?? images.labels;
    const { steps = 1, strength = 1, shareNoise = true, seed = 0, noise, between } = options;
    const signal = this.programs.work.signal(options.signal);
    signal.throwIfAborted();
    if (!Number.isSafeInteger(seed)) throw new OptionError(`seed must be a whole number, got ${seed}.`);
    if (!(Number.isInteger(steps) && steps >= 0 && steps <= MOST_STEPS))
      throw new OptionError(`steps must be a whole number from 0 to ${MOST_STEPS}, got ${steps}.`);
    if (typeof strength === "number") checkStrength(strength);
    const coder = this.coder(weightsGiven(this.classes, options, count), this.factors(options), signal);
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
    const classes = "mixture" in of ? of.mixture : weightsOfClasses(this.classes, of.label);
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
