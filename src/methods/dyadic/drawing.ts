import type { Programs } from "../../models/programs.js";
import type { Codebooks } from "./codebooks.js";
import type { DyadicGraphs } from "./graphs.js";
import { guided, type Pass, passesOf, type Strengths } from "./guidance.js";
import { type Prefix, samplers } from "./sampler.js";
import { type DyadicShape, RELATION_COUNT, soundTokens, TOKEN_FRAMES } from "./shape.js";

/** What a window of rows, a person each, is drawn under. */
export interface WindowConditions {
  /** Raw features, [B, 2, T, F]: of the target and of the partner. */
  readonly sound: Float32Array;
  /** Frames of sound that there are, the same for all. */
  readonly frames: number;
  /** Standardised latents of the partner, [B, n, d], of which the first `seen` are known; null: none. */
  readonly partner: { readonly latents: Float32Array; readonly seen: number } | null;
  /** Whether rows 2i and 2i + 1 are two people drawn together. */
  readonly pairs: boolean;
  /** [B]: 0 … 3, or 4 where it is not known. */
  readonly relation: Int32Array;
  /** [B, 5]; NaN where they are not known. */
  readonly traits: Float32Array;
  /** Styles [B, 2 · latent]; NaN where there is none. */
  readonly styles: Float32Array;
}

export interface Drawing {
  readonly shape: DyadicShape;
  readonly graphs: DyadicGraphs;
  readonly programs: Programs;
  readonly codebooks: Codebooks;
}

/** The feeds of what reads the conditions, for a pass that is shown some of them. */
function conditionFeeds({ shape }: Drawing, given: WindowConditions, rows: number, pass: Pass) {
  const { window, soundFrames } = shape.network;
  const { latent } = shape.tokenizer;
  const S = soundTokens(shape.network);
  const heard = pass !== "none";
  const social = pass === "social" || pass === "all";
  const partner = pass === "all" ? given.partner : null;
  /** 1 for each row of which there are numbers, of what stands for people. */
  const there = (numbers: Float32Array) =>
    Float32Array.from({ length: rows }, (_, r) =>
      social && !Number.isNaN(numbers[(r * numbers.length) / rows]) ? 1 : 0,
    );
  const filled = (numbers: Float32Array) => numbers.map((value) => (Number.isNaN(value) ? 0 : value));
  const spread = (count: number, used: number) =>
    Float32Array.from({ length: rows * count }, (_, i) => (i % count < used ? 1 : 0));
  return {
    sound: given.sound,
    heard: new Float32Array(rows).fill(heard ? 1 : 0),
    sounding: spread(S, Math.ceil(given.frames / soundFrames)),
    partner: partner?.latents ?? new Float32Array(rows * window * latent),
    seen: spread(window, partner?.seen ?? 0),
    relation: social ? given.relation : new Int32Array(rows).fill(RELATION_COUNT),
    ...{ traits: filled(given.traits), known: there(given.traits) },
    ...{ style: filled(given.styles), styled: there(given.styles) },
  };
}

/** Rows of pairs with the two of each exchanged. */
function exchanged(rows: Float32Array, count: number): Float32Array {
  const per = rows.length / count;
  const out = new Float32Array(rows.length);
  for (let r = 0; r < count; r++) out.set(rows.subarray(r * per, (r + 1) * per), (r ^ 1) * per);
  return out;
}

export interface WindowOptions {
  readonly rows: number;
  readonly steps: number;
  readonly strengths: Strengths;
  /** [B, n, d]. */
  readonly noise: Float32Array;
  readonly prefix?: Prefix;
  readonly signal: AbortSignal;
}

/** Latents [B, n, d] of a window after each step; the conditions are read once. */
export async function* drawWindow(
  drawing: Drawing,
  given: WindowConditions,
  { rows, steps, strengths, noise, prefix, signal }: WindowOptions,
): AsyncGenerator<Float32Array> {
  const { shape, graphs, programs } = drawing;
  const { together } = shape.network;
  const passes: { weight: number; feeds: Record<string, Float32Array> }[] = [];
  // One after the other: WebAssembly runs one session at a time
  for (const { pass, weight } of passesOf(strengths)) {
    const feeds = conditionFeeds(drawing, given, rows, pass);
    const context = await programs.run("context", graphs.context, rows, feeds);
    // The other one's state is shown where the other's motion is
    const accompanied = new Float32Array(rows).fill(pass === "all" && given.pairs ? 1 : 0);
    passes.push({ weight, feeds: { ...context, ...(together && { accompanied }) } });
  }
  const predict = async (state: Float32Array, time: number) => {
    const found = [];
    const other = together && (given.pairs ? exchanged(state, rows) : state);
    for (const { weight, feeds } of passes) {
      signal.throwIfAborted();
      const all = { ...feeds, state, time: new Float32Array(rows).fill(time), ...(other && { other }) };
      found.push({ weight, values: (await programs.run("denoise", graphs.denoise, rows, all)).predicted });
    }
    return guided(shape.objective, found, { state, time, rows });
  };
  yield* samplers[shape.objective](predict, { noise, rows, steps, prefix });
}

/** Frames [B, 4m, 258] of standardised latents [B, m, d], any number of tokens, by windows that overlap. */
export async function decodeLatents(
  { shape, graphs, programs, codebooks }: Drawing,
  latents: Float32Array,
  rows: number,
  { snap = false, expressiveness = 1 } = {},
): Promise<Float32Array> {
  const { window } = shape.network;
  const { latent } = shape.tokenizer;
  const { features } = shape;
  const tokens = latents.length / rows / latent;
  const out = new Float32Array(rows * tokens * TOKEN_FRAMES * features);
  const margin = tokens > window ? Math.min(4, (window - 1) >> 1) : 0;
  for (let at = 0; at < tokens; at += window - 2 * margin) {
    // A window's first and last tokens are context only, but at the ends of the whole
    const start = Math.max(0, Math.min(at - margin, tokens - window));
    const own = new Float32Array(rows * window * latent);
    for (let r = 0; r < rows; r++)
      own.set(
        latents.subarray((r * tokens + start) * latent, (r * tokens + Math.min(tokens, start + window)) * latent),
        r * window * latent,
      );
    const raw = (await programs.run("raw latents", graphs.raw, rows, { latents: own })).raw;
    const { frames } = await programs.run("decode", graphs.decode, rows, {
      raw: snap ? codebooks.snap(raw) : raw,
      expressiveness: new Float32Array(rows).fill(expressiveness),
    });
    const until = Math.min(tokens, at + window - 2 * margin);
    for (let r = 0; r < rows; r++) {
      const from = (r * window + at - start) * TOKEN_FRAMES * features;
      const piece = frames.subarray(from, from + (until - at) * TOKEN_FRAMES * features);
      out.set(piece, (r * tokens + at) * TOKEN_FRAMES * features);
    }
  }
  return out;
}
