import type { z } from "zod";
import { isWrongUse } from "../../io/wrong-use.js";
import { joinMotions, Motions } from "../../media/motions.js";
import type { ModelConfig } from "../../models/files.js";
import type { MotionGenerator, OpenContext, Part, SampleContext } from "../../models/generator.js";
import { resolveNoise } from "../../models/inputs.js";
import { type BatchStep, type DrawnBatch, Model, type Rows } from "../../models/model.js";
import { OptionError, parseOptions } from "../../models/options.js";
import {
  BODY_FEATURES,
  beginningAt,
  type Clip,
  cutClip,
  FeetPlanter,
  fromFeatures,
  HUMANML_FEATURES,
  humanmlClip,
  loopOf,
  ORIGIN,
  PathFollower,
  type Spot,
} from "../../motion/index.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { motionGraphs } from "./graphs.js";
import { selfMask, textMask } from "./masks.js";
import type { MotionNetwork } from "./network.js";
import { LONGEST_PROMPT, LOOP_CHOICE, motionOptions, pathOf, type SessionOptions, sessionOptions } from "./options.js";
import { guided, type Stretch, sampleBlocks, samplerCalls, stretchesOf } from "./sampler.js";
import { blockFrames, type MotionShape } from "./shape.js";
import { givenStates } from "./states.js";
import { MotionStream } from "./stream.js";
import { partsOf, Vocabulary } from "./words.js";

type Schema = ReturnType<typeof motionOptions>;
type Options = z.output<Schema>;

/** A motion model: tokens by causal diffusion, block after block, and frames by a causal codec. */
export class MotionModel extends Model<"motion", Schema> implements MotionGenerator {
  readonly kind = "motion";
  readonly fps: number;
  readonly graphs;
  readonly sessionOptions;
  /** Null where captions come as states of their words. */
  readonly vocabulary: Vocabulary | null;

  constructor(
    config: ModelConfig,
    readonly shape: MotionShape,
    readonly net: MotionNetwork,
    options?: CompileOptions,
  ) {
    super(config, motionOptions(shape), options);
    this.fps = shape.fps;
    this.graphs = motionGraphs(net, shape);
    this.vocabulary = "encoder" in shape.text ? null : new Vocabulary(shape.text);
    this.sessionOptions = this.vocabulary && sessionOptions(shape);
  }

  get parts(): Readonly<Record<string, Part>> {
    const { latent } = this.shape.codec;
    const tokens = this.shape.network.window * this.shape.network.block;
    const { features } = this.shape;
    return {
      decoder: this.part("tokens to frames of features", this.graphs.decode(tokens), {
        tokens: `float32 [batch, ${tokens}, ${latent}]: clean tokens, of mean 0 and deviation 1`,
      }),
      encoder: this.part("frames of features to tokens", this.graphs.encode(tokens), {
        rows: `float32 [batch, ${4 * tokens}, ${features}]: frames at ${this.fps} a second`,
      }),
    };
  }

  /** Frames of a motion, and those that are drawn for it: of a loop more, of which the best are taken. */
  private wantedOf({ seconds }: Options): number {
    return Math.max(1, Math.round(seconds * this.fps));
  }

  private framesOf(options: Options): number {
    return this.wantedOf(options) + (options.loop ? Math.round(LOOP_CHOICE * this.fps) + 2 : 0);
  }

  protected blocksOf(options: Options): number {
    return Math.ceil(this.framesOf(options) / blockFrames(this.shape));
  }

  /** A longer motion than the network looks at is drawn in stretches, each given half a window of what came before. */
  protected stretchesOf(options: Options): Stretch[] {
    const { window } = this.shape.network;
    return stretchesOf(this.blocksOf(options), window, Math.ceil(window / 2));
  }

  private callsOf({ blocks, known }: Stretch, { steps, lag, schedule, sampler }: Options): number {
    return samplerCalls({ blocks, steps, lag, shape: schedule }, known, sampler);
  }

  protected stepsOf(options: Options): number {
    return this.stretchesOf(options).reduce((sum, stretch) => sum + this.callsOf(stretch, options), 0);
  }

  protected evaluations(options: Options): number {
    return this.stepsOf(options) * this.passes(options);
  }

  /** Network evaluations of a step: guidance takes two. */
  private passes({ guidance, prompt }: Options): 1 | 2 {
    return guidance === 1 || guidance === 0 || prompt === undefined ? 1 : 2;
  }

  /** What a batch has in common: prompts, seeds and what becomes of feet stand in the rows. */
  protected override shared({ count: _, seed: __, feet: ___, prompt, guidance, ...others }: Options): object {
    const parts = [prompt ?? []].flat().map((one) => this.partsOf(one).length);
    return { ...others, guidance: prompt === undefined ? 0 : guidance, captions: Math.max(1, ...parts) };
  }

  /** What a prompt says one after the other; given states are of all of it. */
  private partsOf(prompt: string): string[] {
    return this.vocabulary ? partsOf(prompt) : [prompt];
  }

  /** The prompt of each motion of a request; null where there is none. */
  private promptsOf({ prompt, count }: Options): (string | null)[] {
    return typeof prompt === "object" ? [...prompt] : new Array<string | null>(count).fill(prompt ?? null);
  }

  /** What each prompt says, part by part. */
  private captionsOf(prompts: readonly (string | null)[]): string[][] {
    return prompts.map((one) => {
      if (one === null) return [];
      const parts = this.partsOf(one);
      for (const part of parts.length > 0 ? parts : [one]) this.vocabulary?.require(part);
      return parts;
    });
  }

  /** Why a prompt cannot be shown; null where it can. */
  unreadable(prompt: string): string | null {
    if (prompt.length === 0 || prompt.length > LONGEST_PROMPT)
      return `A prompt has 1 to ${LONGEST_PROMPT} characters, got ${prompt.length}.`;
    try {
      this.captionsOf([prompt]);
      return null;
    } catch (error) {
      if (!isWrongUse(error)) throw error;
      return (error as Error).message;
    }
  }

  protected override get standIns() {
    return this.vocabulary ? (["noise"] as const) : (["noise", "states"] as const);
  }

  protected begin(options: Options, { noise, states }: SampleContext): Rows {
    const { count, seed, prompt, guidance, feet, path } = options;
    const blocks = this.blocksOf(options);
    const { length } = this.shape.text;
    const size = blocks * this.shape.network.block * this.shape.codec.latent;
    const prompts = this.promptsOf(options);
    const captions = this.captionsOf(prompts);
    const most = Math.max(1, ...captions.map((parts) => parts.length));
    const rows = new Int32Array(count * most * length * 2);
    const signs = new Float32Array(count * most * length * 2);
    const numbers = new Int32Array(count * blocks);
    const letters = new Int32Array(count * LONGEST_PROMPT);
    captions.forEach((parts, i) => {
      parts.forEach((part, p) => {
        if (!this.vocabulary) return;
        const words = this.vocabulary.encode(part);
        rows.set(words.rows, (i * most + p) * length * 2);
        signs.set(words.signs, (i * most + p) * length * 2);
      });
      for (let b = 0; b < blocks; b++)
        numbers[i * blocks + b] = Math.floor(((b + 0.5) / blocks) * Math.max(1, parts.length));
      const said = prompts[i] ?? "";
      letters.set(
        Array.from({ length: said.length }, (_, k) => said.charCodeAt(k)),
        i * LONGEST_PROMPT,
      );
    });
    const random = new Random(seed, "sample");
    const drawn = new Float32Array(count * size);
    for (let i = 0; i < count; i++) drawn.set(random.split(i).normals(size), i * size);
    return {
      noise: noise ? resolveNoise(noise, count, size, random) : drawn,
      ...("encoder" in this.shape.text
        ? givenStates(this.shape.text, { states, count, prompt: prompt !== undefined })
        : { words: rows, signs }),
      captions: numbers,
      letters,
      path: repeated(pathOf(path)?.flat() ?? [], count),
      loop: new Int32Array(count).fill(options.loop ? this.wantedOf(options) : 0),
      planted: new Int32Array(count).fill(feet === "planted" ? 1 : 0),
      keep: new Float32Array(count).fill(prompt === undefined || guidance === 0 ? 0 : 1),
    };
  }

  protected async *draw(
    rows: Rows,
    options: Options,
    batch: DrawnBatch,
    signal: AbortSignal,
  ): AsyncGenerator<BatchStep> {
    const { size } = batch;
    const { block } = this.shape.network;
    const { latent } = this.shape.codec;
    const perBlock = block * latent;
    const all = this.blocksOf(options);
    const passes = this.passes(options);
    const memories = await this.memoriesOf(rows, size, passes);
    const tokens = (rows.noise as Float32Array).slice();
    let made = 0;
    for (const [number, stretch] of this.stretchesOf(options).entries()) {
      const { start, blocks, known } = stretch;
      const cut = (from: number, count: number) =>
        columnsOf(tokens, size, all * perBlock, from * perBlock, count * perBlock);
      const velocity = this.velocityOf(rows, options, { size, all, stretch, memories, signal });
      const streams = batch.origins.map(({ seed, index }) => new Random(seed, "renoise").split(number).split(index));
      const renew = (count: number) => {
        const fresh = new Float32Array(count);
        streams.forEach((random, r) => void fresh.set(random.normals(count / size), (r * count) / size));
        return fresh;
      };
      const { steps, lag, schedule, sampler } = options;
      const drawing = sampleBlocks(velocity, {
        schedule: { blocks, steps, lag, shape: schedule },
        noise: cut(start, blocks),
        rows: size,
        prefix: cut(start, known),
        sampler,
        renew,
      });
      for await (const found of drawing) {
        made += passes;
        for (let r = 0; r < size; r++)
          tokens.set(found.subarray(r * blocks * perBlock, (r + 1) * blocks * perBlock), (r * all + start) * perBlock);
        const now = tokens.slice();
        yield { evaluations: made, rows: () => this.framesFrom(now, size, options) };
      }
    }
  }

  /** What the layers know of the rows' captions, and of none where guidance needs it. */
  private async memoriesOf(rows: Rows, size: number, passes: 1 | 2) {
    const captions = rows.signs.length / size / this.shape.text.length / 2;
    const { words, signs, keep } = rows;
    const run = (keep: Float32Array | Int32Array) =>
      this.programs.run(`memory ${captions}`, this.graphs.memory(captions), size, { words, signs, keep });
    return passes === 1 ? [await run(keep)] : [await run(keep), await run(new Float32Array(size))];
  }

  private velocityOf(
    rows: Rows,
    { guidance }: Options,
    {
      size,
      all,
      stretch: { start, blocks },
      memories,
      signal,
    }: {
      size: number;
      all: number;
      stretch: Stretch;
      memories: readonly { keys: Float32Array; values: Float32Array }[];
      signal: AbortSignal;
    },
  ) {
    const { network, text } = this.shape;
    const words = (rows.signs as Float32Array).length / size;
    const captions = words / text.length / 2;
    const read = new Uint8Array(size * blocks * network.block * captions * text.length);
    for (let r = 0; r < size; r++) {
      const signs = (rows.signs as Float32Array).subarray(r * words, (r + 1) * words);
      const shown = (rows.captions as Int32Array).subarray(r * all + start, r * all + start + blocks);
      read.set(textMask({ captions: shown }, { signs, length: text.length }, network.block), (r * read.length) / size);
    }
    const graph = this.graphs.velocity(blocks, captions);
    return async (state: Float32Array, times: Float64Array) => {
      signal.throwIfAborted();
      const all = new Float32Array(size * blocks);
      for (let r = 0; r < size; r++) all.set(times, r * blocks);
      const seen = selfMask({ times }, network);
      const run = async ({ keys, values }: { keys: Float32Array; values: Float32Array }) =>
        (
          await this.programs.run(`velocity ${blocks} ${captions}`, graph, size, {
            state,
            times: all,
            keys,
            values,
            read,
            seen,
          })
        ).velocity;
      const own = await run(memories[0]);
      if (memories.length === 1) return own;
      return guided(await run(memories[1]), own, guidance);
    };
  }

  /** The frames of tokens, cut to the length that was asked for. */
  private async framesFrom(tokens: Float32Array, size: number, options: Options): Promise<Float32Array> {
    const count = tokens.length / size / this.shape.codec.latent;
    const { rows } = await this.programs.run(`decode ${count}`, this.graphs.decode(count), size, { tokens });
    return columnsOf(rows, size, rows.length / size, 0, this.framesOf(options) * this.shape.features);
  }

  /**
   * Begins a motion that goes on for ever: `next()` gives block after block, `say` what is to be shown from then on.
   * `from`: a clip on the body of 22 joints that it goes on from, where it ends.
   * @throws OptionError
   */
  async open(options: SessionOptions = {}, { signal, from }: OpenContext = {}): Promise<MotionStream> {
    const parsed = parseOptions(sessionOptions(this.shape), options, `a session of ${this.config.name}`);
    const { shape, net, graphs, programs, vocabulary } = this;
    if (!vocabulary)
      throw new OptionError(
        `${this.config.name} has no sessions: it reads states of captions, and these come as words.`,
      );
    if (from && shape.features !== BODY_FEATURES)
      throw new OptionError(`${this.config.name} goes on from no clip: its frames have another layout.`);
    return new MotionStream({ shape, net, graphs, programs, vocabulary }, parsed, programs.work.signal(signal), from);
  }

  protected output(samples: Float32Array, rows: Rows, n: number): Motions {
    const per = samples.length / n;
    const toClip = this.shape.features === HUMANML_FEATURES ? humanmlClip : fromFeatures;
    const clips = Array.from({ length: n }, (_, i) => {
      const own = samples.slice(i * per, (i + 1) * per) as Float32Array;
      if (rows.loop[i]) return loopClip(loopOf(own, rows.loop[i], this.fps), this.fps, rows.planted[i] === 1);
      const clip = toClip(own, { fps: this.fps });
      const led = followed(clip, rows.path as Float32Array, n, i);
      return rows.planted[i] ? new FeetPlanter().plant(led) : led;
    });
    const letters = rows.letters as Int32Array;
    const prompts = clips.map((_, i) => textOf(letters.subarray(i * LONGEST_PROMPT, (i + 1) * LONGEST_PROMPT)));
    return new Motions(clips, prompts.some((one) => one !== "") ? prompts : null);
  }

  protected join(batches: readonly Motions[]): Motions {
    return joinMotions(batches);
  }
}

/** Columns `from` … `from + count` − 1 of rows of equal length. */
function columnsOf(all: Float32Array, rows: number, per: number, from: number, count: number): Float32Array {
  const out = new Float32Array(rows * count);
  for (let r = 0; r < rows; r++) out.set(all.subarray(r * per + from, r * per + from + count), r * count);
  return out;
}

const repeated = (values: readonly number[], times: number): Float32Array =>
  Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length]);

/** Features that go round as a clip: feet are planted in a second round, which begins as it ends. */
function loopClip(rows: Float32Array, fps: number, planted: boolean): Clip {
  const frames = rows.length / BODY_FEATURES;
  const two = new Float32Array(2 * rows.length);
  two.set(rows);
  two.set(rows, rows.length);
  const free = fromFeatures(two, { fps });
  const clip = planted ? new FeetPlanter().plant(free) : free;
  return beginningAt(cutClip(clip, frames), ORIGIN);
}

/** A clip led along its path, one of `n`, where it has one. */
function followed(clip: Clip, paths: Float32Array, n: number, i: number): Clip {
  const own = [...paths.subarray((i * paths.length) / n, ((i + 1) * paths.length) / n)];
  if (own.length === 0) return clip;
  const follower = new PathFollower();
  follower.follow(Array.from({ length: own.length / 2 }, (_, p): Spot => [own[2 * p], own[2 * p + 1]]));
  return follower.steer(clip);
}

const textOf = (letters: Int32Array): string => String.fromCharCode(...letters.subarray(0, letters.indexOf(0)));
