import { type Compute, compile, computeOf } from "../../runtime/index.js";
import { Codebooks } from "./codebooks.js";
import type { DyadicNetwork } from "./network.js";
import { type DyadicShape, TOKEN_FRAMES } from "./shape.js";
import { mirrorGesture, scaleOf, stretchOf, type Take } from "./windows.js";

/** Tokens that are encoded at once, and those beside them that are looked at and given away. */
const CHUNK = 32;
const MARGIN = 4;
const BATCH = 16;

/** Latents of a person's motion, standardised, [tokens, latent]. */
export interface EncodedTake extends Take {
  readonly tokens: number;
  readonly latents: Float32Array;
  /** Of the mirrored motion; null where that is not learnt from. */
  readonly mirrored: Float32Array | null;
}

export interface EncodingOptions {
  readonly diffuse: "quantised" | "continuous";
  readonly mirror: boolean;
}

/**
 * Encodes whole motions and sets the scale of latents: afterwards they have mean 0 and deviation 1 in each of their
 * numbers.
 */
export async function encodeTakes(
  takes: readonly Take[],
  { shape, net }: { shape: DyadicShape; net: DyadicNetwork },
  { diffuse, mirror }: EncodingOptions,
  compute: Compute = {},
): Promise<EncodedTake[]> {
  const { latent } = shape.tokenizer;
  const frames = (CHUNK + 2 * MARGIN) * TOKEN_FRAMES;
  const books = new Codebooks(shape.tokenizer, net.codebooks.value!);
  await using program = compile(
    { rows: [BATCH, frames, shape.features] },
    ({ rows }) => ({ latents: net.encode(net.frames.apply(rows)) }),
    { ...computeOf(compute), freeze: true },
  );
  const chunks: { rows: Float32Array; put(found: Float32Array): void }[] = [];
  const encode = (rows: Float32Array, tokens: number): Float32Array => {
    const out = new Float32Array(tokens * latent);
    for (let at = 0; at < tokens; at += CHUNK)
      chunks.push({
        rows: stretchOf(rows, shape.features, (at - MARGIN) * TOKEN_FRAMES, frames),
        put: (found) => out.set(found.subarray(0, Math.min(CHUNK, tokens - at) * latent), at * latent),
      });
    return out;
  };
  const encoded = takes.map((take) => {
    const rows = take.dialogue.people[take.person].gesture!;
    const tokens = Math.floor(take.dialogue.frames / TOKEN_FRAMES);
    return {
      ...take,
      tokens,
      latents: encode(rows, tokens),
      mirrored: mirror ? encode(mirrorGesture(rows), tokens) : null,
    };
  });
  for (let at = 0; at < chunks.length; at += BATCH) {
    const rows = new Float32Array(BATCH * frames * shape.features);
    const own = chunks.slice(at, at + BATCH);
    own.forEach((chunk, i) => void rows.set(chunk.rows, i * frames * shape.features));
    const { latents } = await program.run({ rows });
    const per = (CHUNK + 2 * MARGIN) * latent;
    own.forEach(({ put }, i) => {
      const found = latents.slice(i * per + MARGIN * latent, (i + 1) * per - MARGIN * latent);
      put(diffuse === "quantised" ? books.snap(found) : found);
    });
  }
  const all = encoded.flatMap(({ latents, mirrored }) => [latents, ...(mirrored ? [mirrored] : [])]);
  const scale = scaleOf(all, latent, 1e-4);
  net.latents.mean.value!.set(scale.mean);
  net.latents.deviation.value!.set(scale.deviation);
  for (const values of all)
    for (let i = 0; i < values.length; i++)
      values[i] = (values[i] - scale.mean[i % latent]) / scale.deviation[i % latent];
  return encoded;
}
