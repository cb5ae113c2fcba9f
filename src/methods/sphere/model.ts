import { show } from "../../io/show.js";
import { checkRequest, Images, resolveLabels, resolveNoise } from "../../media/images.js";
import { loadedNetwork } from "../../models/architecture.js";
import { batchesOf, paddedRows } from "../../models/batching.js";
import { type LoadOptions, type ModelConfig, type ModelFiles, NoSuchModel, readModel } from "../../models/files.js";
import { Random } from "../../random/index.js";
import { type CompileOptions, compile, type Program, Releasable } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { disturbRows, fullStrength, type NoiseKind, spherifyRows } from "./geometry.js";
import { latentLength, type SphereNetworkConfig, sphereArchitecture } from "./network.js";

/** Class name or index, for all or one each. */
export type Label = string | number | readonly (string | number)[];

export interface GuidanceOptions {
  /** Guidance strength g in [1, 10]; 1, the default, is none and costs half. */
  guidance?: number;
  /** Which network is guided; `both` (default) gives each √g. */
  guidanceAt?: "encoder" | "decoder" | "both";
}

/** Which noise a refinement adds: that of the first latent (the best here), one drawn at the first refinement and kept (as released), or new each time. */
export type NoiseSharing = "initial" | "official" | "none";

export interface SphereSampleOptions extends GuidanceOptions {
  /** Images to draw; default 1. */
  count?: number;
  /** Default: all classes in turn. */
  label?: Label;
  /** Decodings, 1 … 64; default 4. Every one after the first is preceded by an encoding. */
  steps?: number;
  shareNoise?: NoiseSharing;
  /** Weakens the noise from step to step, by 1 − t/T; default false. */
  schedule?: boolean;
  seed?: number;
  /** Gaussian noise [count, L] instead of a seed's. */
  noise?: Float32Array;
}

/** How much of each class's vector a picture is given: [count, classes + 1], rows sum to 1. */
export type ClassWeights = Float32Array;

export interface RefineOptions extends GuidanceOptions {
  /** Class of all or of each; null (default): none. */
  label?: Label | null;
  /** Mixtures of classes instead of a label. */
  classes?: ClassWeights;
  /** Passes through encoder, noise and decoder; default 1. */
  steps?: number;
  /** Share of the full noise, one for all passes or a function of the pass (from 0); default 1. */
  strength?: number | ((pass: number) => number);
  /** Whether all passes add the same noise, or each its own; default true. */
  shareNoise?: boolean;
  seed?: number;
  /** Gaussian noise [count, L] of all passes instead of a seed's. */
  noise?: Float32Array;
  /** Called with what every pass has drawn; may change the pixels. */
  between?: (images: Images) => void;
}

type Side = "encode" | "decode";

/** A Sphere Encoder: draws, refines and edits images through a latent sphere of radius √L. */
export class SphereModel extends Releasable {
  readonly method = "sphere";
  readonly config: ModelFiles["config"];
  /** Length L of a latent. */
  readonly latent: number;
  readonly noise: { kind: NoiseKind; maxAngle: number };
  private readonly network: SphereNetworkConfig;
  private readonly net;
  private readonly programs = new Map<string, Program<string, { out: Tensor }>>();

  constructor(
    files: ModelFiles,
    private readonly options: CompileOptions = {},
  ) {
    super();
    this.config = files.config;
    const { shape, net } = loadedNetwork(sphereArchitecture, files);
    this.network = shape;
    this.noise = shape.noise;
    this.latent = latentLength(shape);
    this.net = net;
  }

  /** Loads a Sphere Encoder by shipped name, folder or URL. Throws where another method's model is found. */
  static async load(location: string, options?: LoadOptions): Promise<SphereModel> {
    const choose = ({ method }: ModelConfig) => {
      if (method === "sphere") return sphereArchitecture;
      throw new NoSuchModel(`${location} is a ${show(method)} model and cannot encode pictures; sphere models can.`);
    };
    return new SphereModel(await readModel(location, choose, options), options);
  }

  get classNames(): readonly string[] | null {
    return this.config.classNames;
  }

  /** Numbers of an image. */
  private get imageSize(): number {
    const { height, width, channels } = this.network.image;
    return channels * height * width;
  }

  private program(side: Side, batch: number, guided: boolean) {
    const key = `${side} ${batch} ${guided}`;
    let program = this.programs.get(key);
    if (!program) this.programs.set(key, (program = this.compileSide(side, batch, guided)));
    return program;
  }

  private compileSide(side: Side, batch: number, guided: boolean) {
    const { classes } = this.network;
    const { height, width, channels } = this.network.image;
    const of = this.net[side];
    const none = { shape: [batch, classes + 1] };
    return compile(
      {
        x: side === "encode" ? [batch, channels, height, width] : [batch, this.latent],
        classes: none.shape,
        none: guided && none.shape,
        guidance: guided && [],
      } as Record<string, readonly number[] | false>,
      ({ x, classes, none, guidance }): { out: Tensor } => {
        const given = of(x, classes);
        const free = guided ? of(x, none) : given;
        const out = guided ? free.add(given.sub(free).mul(guidance)) : given;
        return { out: side === "decode" ? out.clamp(-1, 1) : out };
      },
      { freeze: true, ...this.options },
    );
  }

  private async through(side: Side, x: Float32Array, classes: ClassWeights, guidance: number): Promise<Float32Array> {
    const [from, to] = side === "encode" ? [this.imageSize, this.latent] : [this.latent, this.imageSize];
    const row = this.network.classes + 1;
    const count = x.length / from;
    const all = new Float32Array(count * to);
    for (const part of batchesOf(count)) {
      const guided = guidance !== 1;
      const { out } = await this.program(side, part.batch, guided).run({
        x: paddedRows(x, from, part),
        classes: paddedRows(classes, row, part),
        ...(guided ? { guidance, none: this.noClass(part.batch) } : {}),
      } as never);
      all.set(out.subarray(0, part.n * to), part.at * to);
    }
    return all;
  }

  /** Class weights of images without a class. */
  private noClass(count: number): ClassWeights {
    const row = this.network.classes + 1;
    return new Float32Array(count * row).map((_, i) => (i % row === row - 1 ? 1 : 0));
  }

  /**
   * Class weights [count, classes + 1] of a label, of one for each, or (null) of none. Throws where the model has no such class.
   */
  classWeights(label: Label | null | undefined, count: number): ClassWeights {
    if (label === null || label === undefined) return this.noClass(count);
    return this.weightsOf(resolveLabels(label, count, this.classNames));
  }

  private weightsOf(labels: Int32Array): ClassWeights {
    if (this.classNames === null) return this.noClass(labels.length);
    const row = this.network.classes + 1;
    const weights = new Float32Array(labels.length * row);
    labels.forEach((label, i) => void (weights[i * row + label] = 1));
    return weights;
  }

  /** The class weights that are given, or a label's. Throws where guidance has no class to go to. */
  private classesOf(
    { label, classes, guidance = 1 }: Pick<RefineOptions, "label" | "classes" | "guidance">,
    count: number,
  ): ClassWeights {
    if (classes && label !== undefined && label !== null) throw new Error("Give a label or class weights, not both.");
    const size = count * (this.network.classes + 1);
    if (classes && classes.length !== size)
      throw new Error(`Class weights take ${count} × ${size / count} numbers, got ${classes.length}.`);
    if (guidance > 1 && !classes && (label === undefined || label === null))
      throw new Error(`Guidance goes from no class to a class; give a label, or leave out the guidance ${guidance}.`);
    return classes ?? this.classWeights(label, count);
  }

  /** Guidance factor of each side. */
  private factors({ guidance, guidanceAt }: GuidanceOptions): Record<Side, number> {
    const factors = this.factorsAt(guidance, guidanceAt);
    if (guidance === undefined && guidanceAt !== undefined)
      throw new Error(`guidanceAt ${guidanceAt} does nothing without guidance; give its strength too.`);
    return factors;
  }

  private factorsAt(guidance = 1, guidanceAt: GuidanceOptions["guidanceAt"] = "both"): Record<Side, number> {
    if (!(guidance >= 1 && guidance <= 10)) throw new Error(`guidance must be in [1, 10], got ${guidance}.`);
    if (guidance > 1 && this.classNames === null)
      throw new Error("This model has no classes to be guided to; leave out the guidance.");
    if (!["encoder", "decoder", "both"].includes(guidanceAt))
      throw new Error(`guidanceAt is encoder, decoder or both, got "${guidanceAt}".`);
    return {
      encode: guidanceAt === "both" ? Math.sqrt(guidance) : guidanceAt === "encoder" ? guidance : 1,
      decode: guidanceAt === "both" ? Math.sqrt(guidance) : guidanceAt === "decoder" ? guidance : 1,
    };
  }

  private images(pixels: Float32Array, labels: Int32Array | null = null): Images {
    const { height, width, channels } = this.network.image;
    return new Images(pixels, pixels.length / this.imageSize, channels, height, width, labels);
  }

  /** Throws unless the pictures have the model's size and finite pixels in [−1, 1]; nothing is resized or clamped. */
  checkImages({ channels, height, width, pixels }: Images): void {
    const own = this.network.image;
    if (height !== own.height || width !== own.width || channels !== own.channels)
      throw new Error(
        `${this.config.name} takes images of ${own.width}×${own.height}×${own.channels}, got ${width}×${height}×${channels}; scale them first.`,
      );
    const bad = pixels.find((value) => !(value >= -1 && value <= 1));
    if (bad !== undefined) throw new Error(`Pixels must be numbers in [−1, 1], got ${bad}.`);
  }

  /** Latents [count, L] on the sphere: v = f(E(x, class)). Without a label the class is "none". */
  async encode(
    images: Images,
    { label, classes }: Pick<RefineOptions, "label" | "classes"> = {},
  ): Promise<Float32Array> {
    this.checkImages(images);
    const weights = this.classesOf({ label, classes }, images.count);
    return spherifyRows(await this.through("encode", images.pixels, weights, 1), this.latent);
  }

  /** Images of latents [count, L]: D(v, class). Without a label the class is "none". */
  async decode(
    latents: Float32Array,
    options: Pick<RefineOptions, "label" | "classes"> & GuidanceOptions = {},
  ): Promise<Images> {
    const count = latents.length / this.latent;
    if (!Number.isInteger(count) || count === 0)
      throw new Error(`Latents have ${this.latent} numbers each, got ${latents.length} in all.`);
    const bad = latents.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`Latents must be finite, got ${bad}.`);
    const { decode } = this.factors(options);
    return this.images(await this.through("decode", latents, this.classesOf(options, count), decode));
  }

  /**
   * Passes images through {encode, disturb, decode}: with full strength a refinement of samples, with less an edit that stays closer to
   * the picture, with none a projection onto what the model has learned.
   */
  async refine(images: Images, options: RefineOptions = {}): Promise<Images> {
    this.checkImages(images);
    const { count, labels } = images;
    const { steps = 1, strength = 1, shareNoise = true, seed = 0, noise, between } = options;
    checkSteps(steps, 0);
    if (typeof strength === "number") checkStrength(strength);
    const factors = this.factors(options);
    const classes = this.classesOf(options, count);
    const full = fullStrength(this.noise.kind, this.noise.maxAngle);
    const random = new Random(seed, "refine");
    const shared = resolveNoise(noise, count, this.latent, random.split("noise"));
    let current = images;
    for (let pass = 0; pass < steps; pass++) {
      const raw = await this.through("encode", current.pixels, classes, factors.encode);
      const v = spherifyRows(raw, this.latent);
      const share = typeof strength === "number" ? strength : strength(pass);
      checkStrength(share);
      const e = shareNoise || pass === 0 ? shared : random.split(pass).normals(shared.length);
      const disturbed = disturbRows(v, share * full, e, this.latent, this.noise.kind);
      current = this.images(await this.through("decode", disturbed, classes, factors.decode), labels);
      between?.(current);
    }
    return current;
  }

  /** Autoencodes pictures without noise, and by default without class: D(f(E(x))). */
  reconstruct(images: Images, options: { label?: Label | null } = {}): Promise<Images> {
    return this.refine(images, { ...options, strength: 0 });
  }

  /** Throws where an option is out of its range, or has no effect. */
  check(options: SphereSampleOptions = {}): void {
    const { steps = 4, shareNoise = "initial" } = options;
    checkRequest(options, this.classNames, this.latent);
    checkSteps(steps, 1);
    if (!["initial", "official", "none"].includes(shareNoise))
      throw new Error(`shareNoise is initial, official or none, got "${shareNoise}".`);
    this.factors(options);
  }

  /** Draws images: decodes random points of the sphere, then refines them. The same options give the same images, whatever else is drawn. */
  async sample(options: SphereSampleOptions = {}): Promise<Images> {
    const { count = 1, label, steps = 4, shareNoise = "initial", schedule = false, seed = 0, noise } = options;
    this.check(options);
    const labels = resolveLabels(label, count, this.classNames);
    const classes = this.weightsOf(labels);
    const random = new Random(seed, "sample");
    const e = resolveNoise(noise, count, this.latent, random.split("noise"));
    const { decode } = this.factors(options);
    const pixels = await this.through("decode", spherifyRows(e, this.latent), classes, decode);
    return this.refine(this.images(pixels, this.classNames ? labels : null), {
      ...options,
      label: undefined,
      classes,
      steps: steps - 1,
      strength: schedule ? (pass) => 1 - (pass + 1) / steps : 1,
      shareNoise: shareNoise !== "none",
      noise: shareNoise === "initial" ? e : undefined,
    });
  }

  /** Network evaluations per image: T decodings and T − 1 encodings, each twice where it is guided. */
  nfe(options: SphereSampleOptions = {}): number {
    this.check(options);
    const { steps = 4 } = options;
    const { encode, decode } = this.factors(options);
    return steps * (decode === 1 ? 1 : 2) + (steps - 1) * (encode === 1 ? 1 : 2);
  }

  /** The decoder for a batch as an ONNX model with inputs x (latents on the sphere) and classes (weights [batch, classes + 1]). */
  toOnnx(batch = 1): Uint8Array {
    return this.compileSide("decode", batch, false).toOnnx({
      method: this.method,
      classes: JSON.stringify(this.config.classNames),
    });
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const program of this.programs.values()) await program.release();
    this.programs.clear();
  }
}

function checkSteps(steps: number, least: number): void {
  if (!(Number.isInteger(steps) && steps >= least && steps <= 64))
    throw new Error(`steps must be a whole number from ${least} to 64, got ${steps}.`);
}

function checkStrength(strength: number): void {
  if (!(strength >= 0 && strength <= 1)) throw new Error(`strength must be in [0, 1], got ${strength}.`);
}
