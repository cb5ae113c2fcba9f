import type { WebGenerator } from "fewstep/browser";
import { unigramEntropies } from "fewstep/metrics";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { models } from "../../lib/models.svelte.js";
import { clamp } from "../../lib/options.js";
import { route } from "../../lib/route.svelte.js";
import { type Judge, judgeOf } from "./judge.js";
import type { Described } from "./judging.js";
import { givenOf, type Pins, readPins, without, withTokens, writePins } from "./pins.js";
import { STRENGTHS } from "./samplers.js";
import { changesBetween, type Frame, heldAt, played, recorded, START, sharesOf, ticked } from "./timeline.js";

/** What the page begins with: a sampler that takes tokens back shows what these models do. */
const PRESETS = { sampler: "loop", nucleus: 0.9, steps: 64 };
/** Steps at most: each is kept. */
export const MOST_STEPS = 256;
/** Lines that are drawn at once, of models of lines: one batch. */
const LINES = 8;
/** Milliseconds between two steps that are played: a whole replay takes about five seconds. */
const PACE = { whole: 5000, least: 40, most: 500 };

/** A step as the plots need it. */
export interface Point {
  readonly denoised: number;
  readonly takenBack: number;
  /** Entropy of the tokens of a sample, nats; the mean of all samples. */
  readonly entropy: number;
  /** The judge's bits per character; null where there are none, or not yet. */
  readonly bits: number | null;
}

/** What is asked for. */
export interface Wish {
  readonly generator: WebGenerator<"text">;
  readonly options: Record<string, unknown>;
  readonly given: Int32Array | undefined;
}

/** The state of the page, all of it from the URL, and the steps that are drawn from it. */
export class Writer {
  readonly use = new ModelInUse();
  frames = $state.raw<readonly Frame[]>([]);
  points = $state.raw<readonly Point[]>([]);
  playback = $state.raw(START);
  drawing = $state(false);
  /** Milliseconds of a step, of the last drawing. */
  ms = $state<number | null>(null);
  error = $state<string | null>(null);
  judge = $state.raw<Judge | null>(null);
  #stop = new AbortController();
  #pieces = new Map<number, string>();

  readonly entries = $derived(models.ofKind("text"));
  readonly entry = $derived(models.inRoute(this.entries));
  readonly generator = $derived(this.use.of("text", this.entry));
  readonly length = $derived(this.generator?.text?.length ?? 0);
  readonly lines = $derived(this.generator?.text?.lines ?? false);
  /** Whether tokens are pieces of several characters. */
  readonly pieced = $derived.by(() => {
    const tokenizer = this.generator?.config.text?.tokenizer as { merges?: readonly unknown[] } | string | undefined;
    return typeof tokenizer === "string" || (tokenizer?.merges?.length ?? 0) > 0;
  });
  readonly count = $derived(this.lines ? LINES : 1);
  readonly seed = $derived(Math.trunc(route.number("seed", 1, 0, Number.MAX_SAFE_INTEGER)));
  readonly steps = $derived(Math.trunc(route.number("steps", PRESETS.steps, 1, MOST_STEPS)));
  readonly nucleus = $derived(route.number("nucleus", PRESETS.nucleus, 0.05, 1));
  readonly samplers = $derived(this.generator?.options.sampler?.choices ?? []);
  readonly sampler = $derived.by(() => this.samplers.find((name) => name === route.get("sampler")) ?? PRESETS.sampler);
  /** How much the sampler takes back, where it can be told. */
  readonly strength = $derived.by(() => {
    const known = STRENGTHS[this.sampler];
    return known && { option: known.option, value: clamp(route.number(known.option, known.preset), 0, 1) };
  });
  readonly finals = $derived(this.generator?.options.final?.choices ?? []);
  readonly final = $derived.by(
    () => this.finals.find((name) => name === route.get("final")) ?? String(this.generator?.options.final?.preset),
  );
  readonly pins = $derived.by((): Pins => readPins(route.get("pin") ?? "", this.length));
  readonly wish = $derived.by((): Wish | null => {
    if (!this.generator) return null;
    const { seed, steps, sampler, nucleus, final, count, strength } = this;
    const options = {
      seed,
      steps,
      sampler,
      nucleus,
      final,
      count,
      ...(strength && { [strength.option]: strength.value }),
    };
    return { generator: this.generator, options, given: givenOf(this.pins, this.length) };
  });
  readonly frame = $derived<Frame | undefined>(this.frames[this.playback.at]);
  readonly shares = $derived(this.frame && sharesOf(this.frame.changes));
  readonly pace = $derived(clamp(PACE.whole / Math.max(1, this.frames.length), PACE.least, PACE.most));

  /** The piece of text of a pinned token; "?" until the model has told it. */
  pieceOf(token: number): string {
    return this.#pieces.get(token) ?? "?";
  }

  /** Draws, and records every step. What is recorded already is shown until the first step comes. */
  async draw({ generator, options, given }: Wish): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.error = null;
    this.drawing = true;
    let [frames, points]: [Frame[], Point[]] = [[], []];
    const start = performance.now();
    try {
      for await (const { step, evaluations, output, changes } of generator.stream(options, {
        given: given?.slice(),
        signal,
      })) {
        const { tokens } = output;
        const frame: Frame = {
          step,
          evaluations,
          tokens,
          pieces: output.pieces.flat(),
          strings: output.strings,
          changes: changes ?? changesBetween(frames.at(-1)?.tokens, tokens),
        };
        this.#learn(frame);
        const { denoised, takenBack } = sharesOf(frame.changes);
        const entropies = unigramEntropies(tokens, tokens.length / output.pieces.length);
        const entropy = entropies.reduce((sum, one) => sum + one, 0) / entropies.length;
        frames = [...frames, frame];
        points = [...points, { denoised, takenBack, entropy, bits: null }];
        if (frames.length === 1) this.playback = START;
        this.frames = frames;
        this.points = this.#judged(points);
        this.playback = recorded(this.playback, frames.length);
        this.ms = (performance.now() - start) / frames.length;
      }
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.error = (error as Error).message;
    } finally {
      this.drawing = false;
      if (this.playback.mode === "follow") this.playback = { ...this.playback, mode: "hold" };
    }
  }

  /** Finds the judge of what the model draws; without one there are no figures of it. */
  async findJudge(generator: WebGenerator<"text">): Promise<void> {
    const judge = await judgeOf(generator.config as Described).catch((error: Error) => {
      this.error = `The judge could not be loaded: ${error.message}`;
      return null;
    });
    if (this.generator === generator) this.judge = judge;
  }

  /** Bits of the steps that were judged, by their tokens, which each step has as an array of its own. */
  #bits = new WeakMap<Int32Array, number | null>();
  #judging = false;

  #judged(points: readonly Point[]): readonly Point[] {
    return points.map((point, i) => {
      const bits = this.#bits.get(this.frames[i]?.tokens) ?? null;
      return bits === point.bits ? point : { ...point, bits };
    });
  }

  /** Judges the steps that are recorded, one after the other, beside what is drawn. */
  async judgeSteps(): Promise<void> {
    const { judge } = this;
    if (!judge || this.#judging) return;
    this.#judging = true;
    try {
      for (;;) {
        const next = this.frames.find(({ tokens }) => !this.#bits.has(tokens));
        if (!next || this.judge !== judge) return;
        this.#bits.set(next.tokens, await judge.bits(next.tokens, this.length));
        this.points = this.#judged(this.points);
      }
    } catch (error) {
      this.error = `The judge failed: ${(error as Error).message}`;
      this.judge = null;
    } finally {
      this.#judging = false;
    }
  }

  #learn({ tokens, pieces }: Frame): void {
    if (this.#pieces.size > 5000) this.#pieces.clear();
    for (const [i, token] of tokens.entries()) this.#pieces.set(token, pieces[i]);
  }

  /** Ends the drawing at once; what was recorded stays. */
  stop(): void {
    this.#stop.abort(new DOMException("Stopped.", "AbortError"));
  }

  /** Forgets what belongs to another model. */
  clear(): void {
    this.frames = [];
    this.points = [];
    this.judge = null;
    this.playback = START;
    this.#pieces.clear();
    this.ms = null;
  }

  play(): void {
    this.playback = played(this.playback, this.frames.length);
  }
  hold(at = this.playback.at): void {
    this.playback = heldAt(at, this.frames.length);
  }
  tick(): void {
    this.playback = ticked(this.playback, this.frames.length, this.drawing);
  }

  /** Pins a token where it stands, or lets it go. */
  toggle(place: number, sample: number): void {
    if (this.pins.has(place)) this.#setPins(without(this.pins, place));
    else if (this.frame)
      this.#setPins(withTokens(this.pins, place, [this.frame.tokens[sample * this.length + place]], this.length));
  }

  unpin(place: number): void {
    if (this.pins.has(place)) this.#setPins(without(this.pins, place));
  }

  /** Pins a text from a place on. Gives the place after it; where the model lacks a character, says so and stays. */
  async type(place: number, text: string): Promise<number> {
    const { generator } = this;
    if (!generator || text === "") return place;
    try {
      const tokens = await generator.tokens(text).catch(() => generator.tokens(text.toLowerCase()));
      this.error = null;
      this.#setPins(withTokens(this.pins, place, tokens, this.length));
      return Math.min(place + tokens.length, this.length - 1);
    } catch (error) {
      this.error = (error as Error).message;
      return place;
    }
  }

  #setPins(pins: Pins): void {
    route.set({ pin: writePins(pins) || null });
  }
}
