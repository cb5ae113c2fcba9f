import type { z } from "zod";
import { dialogueFeatures, SAMPLE_RATE, soundFrames } from "../../audio/index.js";
import { type Dialogue, RELATIONS } from "../../data/dialogue-dataset.js";
import { show } from "../../io/show.js";
import { Gestures, joinGestures } from "../../media/gestures.js";
import type { ModelConfig } from "../../models/files.js";
import type { Batched, GestureGenerator, Part, SampleContext, Styles } from "../../models/generator.js";
import { type BatchStep, type DrawnBatch, Model, type Rows } from "../../models/model.js";
import { OptionError, parseOptions } from "../../models/options.js";
import { fromGesture } from "../../motion/gesture.js";
import type { Clip } from "../../motion/index.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { Codebooks } from "./codebooks.js";
import { type Drawing, decodeLatents, drawWindow } from "./drawing.js";
import { dyadicGraphs } from "./graphs.js";
import { passesOf, strengthsOf } from "./guidance.js";
import type { DyadicNetwork } from "./network.js";
import { type DyadicSessionOptions, dyadicOptions, sessionOptions } from "./options.js";
import { type DyadicShape, RELATION_COUNT, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";
import { DyadicStream } from "./stream.js";
import { styleOf } from "./style-clip.js";
import { stretchOf } from "./windows.js";

type Schema = ReturnType<typeof dyadicOptions>;
type Options = z.output<Schema>;
type Dialogues = Gestures["dialogues"];

const NO_STYLES: Styles = [null, null];

/** Gestures of two people who talk. Both are drawn side by side; each sees the other's motion in the windows before. */
export class DyadicModel extends Model<"gesture", Schema> implements GestureGenerator {
  readonly kind = "gesture";
  readonly fps: number;
  readonly sessionOptions;
  private readonly windows: Drawing;
  private readonly styles = new WeakMap<Clip, Float32Array>();

  constructor(
    config: ModelConfig,
    readonly shape: DyadicShape,
    readonly net: DyadicNetwork,
    options?: CompileOptions,
  ) {
    super(config, dyadicOptions(shape), options);
    this.fps = shape.fps;
    this.sessionOptions = sessionOptions(shape);
    let codebooks: Codebooks | undefined;
    this.windows = {
      ...{ shape, graphs: dyadicGraphs(net, shape), programs: this.programs },
      // Read when first drawn with: a model that is only described has no weights
      get codebooks() {
        codebooks ??= new Codebooks(shape.tokenizer, net.codebooks.value!);
        return codebooks;
      },
    };
  }

  get parts(): Readonly<Record<string, Part>> {
    const { graphs, shape } = this.windows;
    return {
      decoder: this.part("latents to frames", graphs.decode, {
        raw: `float32 [batch, ${shape.network.window}, ${shape.tokenizer.latent}]: the tokenizer's latents`,
        expressiveness: "float32 [batch]: 1; scales what differs from the mean pose",
      }),
    };
  }

  private framesOf({ seconds }: Options): number {
    return seconds === undefined ? windowFrames(this.shape) : Math.max(1, Math.floor(seconds * this.fps + 1e-6));
  }

  /** Tokens at which windows begin; each is given half a window of what came before. */
  private windowsOf(options: Options): number[] {
    const { window } = this.shape.network;
    const tokens = Math.ceil(this.framesOf(options) / TOKEN_FRAMES);
    const hop = window - (window >> 1);
    return Array.from({ length: 1 + Math.max(0, Math.ceil((tokens - window) / hop)) }, (_, i) => i * hop);
  }

  private stepsOfWindow({ steps = 1 }: Options): number {
    return this.shape.objective === "drift" ? 1 : steps;
  }

  protected stepsOf(options: Options): number {
    return this.windowsOf(options).length * this.stepsOfWindow(options);
  }

  protected evaluations(options: Options): number {
    return this.stepsOf(options) * passesOf(strengthsOf(options)).length * (options.people === "both" ? 2 : 1);
  }

  protected override get standIns() {
    return ["noise", "sounds", "dialogues", "styles"] as const;
  }

  /** How long what is drawn is follows from the sounds. */
  override async inBatches(options?: z.input<Schema>, context: SampleContext = {}): Promise<Batched<Gestures>> {
    const frames = this.framesGiven(context);
    const wanted = options?.seconds === undefined ? frames : this.framesOf(this.parse(options));
    if (wanted > frames)
      throw new OptionError(
        `seconds is ${options?.seconds}, and the sounds have ${(frames / this.fps).toFixed(2)}; leave it out to take all.`,
      );
    await this.learn(context.styles, context.signal);
    return super.inBatches({ ...options, seconds: wanted / this.fps }, context);
  }

  /** Reads the styles of clips, each once. */
  private async learn(clips: Styles = NO_STYLES, given?: AbortSignal): Promise<void> {
    if (!(Array.isArray(clips) && clips.length === 2))
      throw new OptionError(`styles are two clips, of which one may be null, got ${show(clips)}.`);
    const { work } = this.programs;
    for (const clip of clips)
      if (clip && !this.styles.has(clip))
        this.styles.set(clip, await work.run(work.signal(given), () => styleOf(this.windows, clip)));
  }

  /** Styles of two people, [2 · latent] each; NaN where there is none. */
  private stylesOf(clips: Styles = NO_STYLES): Float32Array {
    const width = 2 * this.shape.tokenizer.latent;
    const out = new Float32Array(2 * width).fill(Number.NaN);
    for (const [p, clip] of clips.entries()) {
      const style = clip && this.styles.get(clip);
      if (clip && !style) throw new OptionError("Styles are for sample, stream and open; leave them out here.");
      if (style) out.set(style, p * width);
    }
    return out;
  }

  private framesGiven({ sounds, dialogues }: SampleContext): number {
    if ((sounds === undefined) === (dialogues === undefined))
      throw new OptionError(
        `${this.config.name} draws to two people's voices: give \`sounds\` (two lists of samples at ${SAMPLE_RATE} Hz) or \`dialogues\`.`,
      );
    if (dialogues) return Math.min(...dialogues.map(({ frames }) => frames));
    if (!Array.isArray(sounds) || sounds.length !== 2 || sounds.some((one) => !(one instanceof Float32Array)))
      throw new OptionError(`sounds are two Float32Arrays of samples, got ${show(sounds)}.`);
    const [a, b] = sounds;
    if (a.length !== b.length)
      throw new OptionError(`The two sounds share one timeline; they have ${a.length} and ${b.length} samples.`);
    const frames = soundFrames(a.length);
    if (frames < 1) throw new OptionError(`The sounds have ${a.length} samples, less than one frame.`);
    return frames;
  }

  protected begin(options: Options, { noise, sounds, dialogues, styles }: SampleContext): Rows {
    const { count, seed, relation, personality, partnerPersonality } = options;
    const frames = this.framesOf(options);
    const { window } = this.shape.network;
    const { latent } = this.shape.tokenizer;
    if (dialogues && dialogues.length !== count)
      throw new OptionError(`${dialogues.length} dialogues for ${count} samples: give one for each.`);
    if (dialogues && (relation ?? personality ?? partnerPersonality) !== undefined)
      throw new OptionError("Dialogues say their relation and traits themselves; leave relation and personality out.");
    const partner = {
      partnerPersonality,
      partnerGuidance: options.partnerGuidance,
      "a style of the second": styles?.[1],
    };
    for (const [name, value] of Object.entries(partner))
      if (options.people === "first" && (value ?? undefined) !== undefined)
        throw new OptionError(`${name} has no effect where only the first person is drawn; leave it out.`);
    const seen = this.shape.network.together || this.windowsOf(options).length > 1;
    if (options.partnerGuidance !== undefined && !seen)
      throw new OptionError(
        `partnerGuidance has no effect in a single window of ${windowFrames(this.shape) / this.fps} s, where nobody sees the other one; leave it out.`,
      );
    const known = [relation, personality, partnerPersonality].some((value) => value !== undefined);
    if (options.socialGuidance !== undefined && !dialogues && !known && !styles?.some((one) => one))
      throw new OptionError(
        "socialGuidance has no effect without relation, personality or style; leave it out, or give one.",
      );
    const heard = sounds && dialogueFeatures(sounds);
    const size = 2 * this.windowsOf(options).length * window * latent;
    if (noise && noise.length !== count * size)
      throw new OptionError(`noise takes ${count} × ${size} numbers, got ${noise.length}.`);
    const per = 2 * frames * this.shape.sound;
    const rows = {
      noise: noise ?? new Float32Array(count * size),
      sound: new Float32Array(count * per),
      relation: new Int32Array(count).fill(relation === undefined ? RELATION_COUNT : RELATIONS.indexOf(relation)),
      traits: new Float32Array(count * 2 * TRAIT_COUNT).fill(Number.NaN),
      styles: new Float32Array(count * 4 * latent),
    };
    const own = this.stylesOf(styles);
    for (let i = 0; i < count; i++) rows.styles.set(own, i * own.length);
    for (let i = 0; i < count; i++) {
      const dialogue: Dialogue | undefined = dialogues?.[i];
      if (!noise) rows.noise.set(new Random(seed, "sample").split(i).normals(size), i * size);
      if (dialogue && dialogue.relation >= 0) rows.relation[i] = dialogue.relation;
      for (const p of [0, 1] as const) {
        const sound = dialogue?.people[p].sound ?? heard?.[p];
        if (sound) rows.sound.set(sound.subarray(0, per / 2), i * per + (p * per) / 2);
        const traits = dialogue ? dialogue.people[p].traits : p === 0 ? personality : partnerPersonality;
        if (traits) rows.traits.set(traits, (2 * i + p) * TRAIT_COUNT);
      }
    }
    return rows;
  }

  /** Rows of people: those of both, dialogue by dialogue, or of the first ones. */
  protected async *draw(
    rows: Rows,
    options: Options,
    { size }: DrawnBatch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep> {
    const { network, tokenizer, sound: features } = this.shape;
    const { window } = network;
    const { latent } = tokenizer;
    const people = options.people === "both" ? 2 : 1;
    const B = size * people;
    const frames = this.framesOf(options);
    const starts = this.windowsOf(options);
    const all = starts[starts.length - 1] + window;
    const latents = new Float32Array(B * all * latent);
    const T = windowFrames(this.shape);
    const strengths = strengthsOf(options);
    const traits = new Float32Array(B * TRAIT_COUNT);
    const styles = new Float32Array(B * 2 * latent);
    const relation = new Int32Array(B);
    for (let r = 0; r < B; r++) {
      const [i, p] = [Math.floor(r / people), r % people];
      relation[r] = rows.relation[i];
      traits.set(rows.traits.subarray((2 * i + p) * TRAIT_COUNT, (2 * i + p + 1) * TRAIT_COUNT), r * TRAIT_COUNT);
      styles.set(rows.styles.subarray((2 * i + p) * 2 * latent, (2 * i + p + 1) * 2 * latent), r * 2 * latent);
    }
    const passes = passesOf(strengths).length * people;
    let made = 0;
    let known = 0;
    for (const [number, start] of starts.entries()) {
      const cut = (from: number, count: number, row: (r: number) => number) => {
        const out = new Float32Array(B * count * latent);
        for (let r = 0; r < B; r++)
          out.set(
            latents.subarray((row(r) * all + from) * latent, (row(r) * all + from + count) * latent),
            r * count * latent,
          );
        return out;
      };
      const sound = new Float32Array(B * 2 * T * features);
      const noise = new Float32Array(B * window * latent);
      for (let r = 0; r < B; r++) {
        const [i, p] = [Math.floor(r / people), r % people];
        for (let q = 0; q < 2; q++) {
          const whose = (2 * i + ((p + q) % 2)) * frames * features;
          const own = (rows.sound as Float32Array).subarray(whose, whose + frames * features);
          sound.set(stretchOf(own, features, start * TOKEN_FRAMES, T), (2 * r + q) * T * features);
        }
        const from = (2 * i + p) * starts.length + number;
        noise.set(
          (rows.noise as Float32Array).subarray(from * window * latent, (from + 1) * window * latent),
          r * window * latent,
        );
      }
      const other = (r: number) => (people === 2 ? r ^ 1 : r);
      const given = {
        ...{ sound, relation, traits, styles, frames: Math.min(T, frames - start * TOKEN_FRAMES) },
        partner: people === 2 && known > 0 ? { latents: cut(start, window, other), seen: known } : null,
        pairs: people === 2,
      };
      const prefix = known > 0 ? { known: known * latent, clean: cut(start, known, (r) => r) } : undefined;
      const drawing = drawWindow(this.windows, given, {
        ...{ rows: B, steps: this.stepsOfWindow(options), strengths, noise, prefix, signal },
      });
      for await (const found of drawing) {
        made += passes;
        for (let r = 0; r < B; r++)
          latents.set(found.subarray(r * window * latent, (r + 1) * window * latent), (r * all + start) * latent);
        const now = latents.slice();
        yield { evaluations: made, rows: () => this.rowsOfFrames(now, B, frames, options) };
      }
      known = window - ((starts[number + 1] ?? start) - start);
    }
  }

  private async rowsOfFrames(
    latents: Float32Array,
    B: number,
    frames: number,
    options: Options,
  ): Promise<Float32Array> {
    const decoded = await decodeLatents(this.windows, latents, B, options);
    const [per, kept] = [decoded.length / B, frames * this.shape.features];
    const out = new Float32Array(B * kept);
    for (let r = 0; r < B; r++) out.set(decoded.subarray(r * per, r * per + kept), r * kept);
    return out;
  }

  /**
   * Begins a conversation that goes on for ever: voices are pushed, blocks of both people's motion pulled.
   * @throws OptionError
   */
  async open(
    options: DyadicSessionOptions = {},
    { signal, styles }: { signal?: AbortSignal; styles?: Styles } = {},
  ): Promise<DyadicStream> {
    const parsed = parseOptions(this.sessionOptions, options, `a session of ${this.config.name}`);
    await this.learn(styles, signal);
    return new DyadicStream(this.windows, parsed, {
      signal: this.programs.work.signal(signal),
      styles: this.stylesOf(styles),
    });
  }

  protected output(samples: Float32Array, rows: Rows, n: number): Gestures {
    const frames = (rows.sound as Float32Array).length / (rows.relation as Int32Array).length / 2 / this.shape.sound;
    const per = frames * this.shape.features;
    const people = Math.round(samples.length / n / per);
    const clip = (r: number) => fromGesture(samples.slice(r * per, (r + 1) * per), this.fps);
    return new Gestures(
      Array.from({ length: n }, (_, i): Dialogues[number] =>
        people === 2 ? [clip(2 * i), clip(2 * i + 1)] : [clip(i)],
      ),
    );
  }

  protected join(batches: readonly Gestures[]): Gestures {
    return joinGestures(batches);
  }
}
