import type { z } from "zod";
import { RunningGain, SOUND_PARTS, SoundFeatureReader } from "../../audio/index.js";
import { RELATIONS } from "../../data/dialogue-dataset.js";
import type { GestureSession, SampleOptions } from "../../models/generator.js";
import { OptionError, parseOptions } from "../../models/options.js";
import { Session } from "../../models/session.js";
import { fromGesture } from "../../motion/gesture.js";
import { type Clip, type Quaternion, slerp } from "../../motion/index.js";
import { Random } from "../../random/index.js";
import { type Drawing, decodeLatents, drawWindow } from "./drawing.js";
import { strengthsOf } from "./guidance.js";
import { IdleLayer } from "./idle.js";
import { sessionOptions } from "./options.js";
import { RELATION_COUNT, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";
import { stretchOf } from "./windows.js";

type Options = z.output<ReturnType<typeof sessionOptions>>;

/** Tokens of a block, those after it that are drawn with it and shown to nobody, and those behind these that nothing is heard of. */
const HOP = 4;
const AHEAD = 2;
const BEHIND = 2;

/** Rows of a person's sound from some frame on. */
interface Heard {
  readonly reader: SoundFeatureReader;
  rows: Float32Array;
}

/**
 * Two people who talk for ever. A block is four tokens: they are drawn in a window that begins with what both have done,
 * which is put in place at every step; each sees the other's blocks that are given. What was foreseen of a block when the one
 * before was drawn goes over into it within 8 frames. The voices have one gain, by the loudest sample of both so far (`RunningGain`), as
 * what is to come is not known.
 */
export class DyadicStream extends Session implements GestureSession {
  readonly frames = HOP * TOKEN_FRAMES;
  private readonly heard: readonly [Heard, Heard];
  private readonly gain = new RunningGain();
  /** Tokens given. */
  private given = 0;
  /** Frame that `rows` begin at. */
  private from = 0;
  /** Committed tokens that the next window begins with, of both. */
  private past: readonly [Float32Array, Float32Array] = [new Float32Array(), new Float32Array()];
  private foreseen: readonly [Clip, Clip] | null = null;
  private readonly idle: readonly [IdleLayer, IdleLayer];
  private readonly random: Random;
  /** Of both people, [2, 2 · latent]; NaN where there is none. */
  private readonly styles: Float32Array;
  speech: readonly [Float32Array, Float32Array] = [new Float32Array(), new Float32Array()];

  constructor(
    private readonly drawing: Drawing,
    private options: Options,
    { signal, styles }: { signal: AbortSignal; styles: Float32Array },
  ) {
    super(drawing.programs.work, signal);
    this.styles = styles;
    const { window } = drawing.shape.network;
    if (window < HOP + AHEAD + BEHIND + 1)
      throw new OptionError(`This model looks at ${window} tokens, and a session needs ${HOP + AHEAD + BEHIND + 1}.`);
    const begin = (): Heard => ({ reader: new SoundFeatureReader(), rows: new Float32Array() });
    this.heard = [begin(), begin()];
    this.idle = [new IdleLayer(options.idle, 0), new IdleLayer(options.idle, 2)];
    this.random = new Random(options.seed, "session");
  }

  /** Committed tokens that a window begins with, at most. */
  private get most(): number {
    return this.drawing.shape.network.window - HOP - AHEAD - BEHIND;
  }

  push(first: Float32Array | null, second: Float32Array | null): void {
    this.requireOpen();
    const length = first?.length ?? second?.length;
    if (length === undefined) throw new OptionError("Push samples of one person at least; for silence push zeros.");
    if (first && second && first.length !== second.length)
      throw new OptionError(`The two voices share one timeline; got ${first.length} and ${second.length} samples.`);
    const silence = new Float32Array(length);
    for (const [i, own] of this.gain.apply(first ?? silence, second ?? silence).entries()) {
      const heard = this.heard[i];
      heard.reader.push(own);
      const fresh = heard.reader.pull();
      const rows = new Float32Array(heard.rows.length + fresh.length);
      rows.set(heard.rows);
      rows.set(fresh, heard.rows.length);
      heard.rows = rows;
    }
  }

  pull(): Promise<readonly [Clip, Clip] | null> {
    return this.inTurn(() => this.block());
  }

  change(options: SampleOptions): void {
    this.requireOpen();
    if (Object.hasOwn(options, "seed"))
      throw new OptionError("The seed of a session stays; open another one for another seed.");
    const changed = { ...this.options, ...options };
    this.options = parseOptions(sessionOptions(this.drawing.shape), changed, "a session's change");
    for (const idle of this.idle) idle.amount = this.options.idle;
  }

  /** Drops rows that no window will look at. */
  private forget(width: number): void {
    const needed = Math.max(0, this.given - this.most) * TOKEN_FRAMES;
    if (needed === this.from) return;
    for (const heard of this.heard) heard.rows = heard.rows.slice((needed - this.from) * width);
    this.from = needed;
  }

  private async block(): Promise<readonly [Clip, Clip] | null> {
    const { shape } = this.drawing;
    const { window } = shape.network;
    const { latent } = shape.tokenizer;
    const width = shape.sound;
    const known = Math.min(this.given, this.most);
    const start = this.given - known;
    const frames = (known + HOP + AHEAD) * TOKEN_FRAMES;
    this.forget(width);
    if (this.heard.some(({ rows }) => rows.length < frames * width)) return null;
    const T = windowFrames(shape);
    const sound = new Float32Array(4 * T * width);
    const noise = new Float32Array(2 * window * latent);
    const partner = new Float32Array(2 * window * latent);
    for (const p of [0, 1]) {
      for (const q of [0, 1]) {
        const own = this.heard[(p + q) % 2].rows.subarray(0, frames * width);
        sound.set(stretchOf(own, width, 0, T), (2 * p + q) * T * width);
      }
      partner.set(this.past[1 - p], p * window * latent);
      // A token's noise is the same in every window, so that what is foreseen of it is near what becomes of it
      for (let i = 0; i < window; i++)
        noise.set(
          this.random
            .split(p)
            .split(start + i)
            .normals(latent),
          (p * window + i) * latent,
        );
    }
    const { relation, personality, partnerPersonality, steps = 1 } = this.options;
    const traits = new Float32Array(2 * TRAIT_COUNT).fill(Number.NaN);
    for (const [p, own] of [personality, partnerPersonality].entries()) if (own) traits.set(own, p * TRAIT_COUNT);
    const clean = new Float32Array(2 * known * latent);
    for (const p of [0, 1]) clean.set(this.past[p], p * known * latent);
    const states = drawWindow(
      this.drawing,
      {
        ...{
          sound,
          frames,
          traits,
          styles: this.styles,
          partner: known > 0 ? { latents: partner, seen: known } : null,
          pairs: true,
        },
        relation: new Int32Array(2).fill(relation === undefined ? RELATION_COUNT : RELATIONS.indexOf(relation)),
      },
      {
        ...{ rows: 2, steps, strengths: strengthsOf(this.options), noise, signal: this.signal },
        prefix: known > 0 ? { known: known * latent, clean } : undefined,
      },
    );
    let found = noise;
    for await (const state of states) found = Float32Array.from(state);
    const decoded = await decodeLatents(this.drawing, found, 2, this.options);
    const per = T * shape.features;
    const cut = (p: number, from: number, tokens: number): Clip => {
      const at = p * per + from * TOKEN_FRAMES * shape.features;
      return fromGesture(decoded.slice(at, at + tokens * TOKEN_FRAMES * shape.features), shape.fps);
    };
    const clips = [cut(0, known, HOP), cut(1, known, HOP)] as const;
    if (this.foreseen) for (const p of [0, 1] as const) crossFade(this.foreseen[p], clips[p]);
    this.foreseen = [cut(0, known + HOP, AHEAD), cut(1, known + HOP, AHEAD)];
    const [speech] = SOUND_PARTS.speech;
    const speechOf = ({ rows }: Heard) =>
      Float32Array.from({ length: this.frames }, (_, f) => rows[(known * TOKEN_FRAMES + f) * width + speech]);
    this.speech = [speechOf(this.heard[0]), speechOf(this.heard[1])];
    for (const p of [0, 1] as const) this.idle[p].add(clips[p], this.speech[1 - p]);
    const kept = Math.min(this.most, known + HOP);
    const until = (p: number) => (p * window + known + HOP) * latent;
    this.past = [found.slice(until(0) - kept * latent, until(0)), found.slice(until(1) - kept * latent, until(1))];
    this.given += HOP;
    return clips;
  }
}

/** Goes over from one clip to another within the first one's frames. Changes the second. */
function crossFade(before: Clip, after: Clip): void {
  const joints = after.skeleton.names.length;
  for (let frame = 0; frame < Math.min(before.frames, after.frames); frame++) {
    const share = (frame + 1) / (before.frames + 1);
    for (let joint = 0; joint < joints; joint++) {
      const at = 4 * (frame * joints + joint);
      const [a, b] = [before, after].map(({ rotations }) => [...rotations.subarray(at, at + 4)] as Quaternion);
      after.rotations.set(slerp(a, b, share), at);
    }
  }
}
