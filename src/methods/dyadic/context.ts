import { SOUND_PARTS } from "../../audio/index.js";
import { scaling } from "../../networks/scaling.js";
import * as nn from "../../nn/index.js";
import { concat, constant, type Tensor, where } from "../../tensor/index.js";
import { dictionary } from "./dictionary.js";
import { orcaFusion } from "./orca.js";
import { type DyadicShape, RELATION_COUNT, soundTokens, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";

/** Standardised sound beyond this is cut. */
const LOUDEST = 5;
const HIDDEN = -1e30;

/** What a window is drawn under. What is not known, or dropped, is shown by null tokens or hidden keys. */
export interface Conditions {
  /** [B, 2, T, F]: the sounds of the target and of the partner. */
  sound: Tensor;
  /** [B]: 0 where neither sound is heard. */
  heard: Tensor;
  /** [B, S]: 1 for each sound token that there is. */
  sounding: Tensor;
  /** [B, n, latent]: the partner's motion, standardised latents. */
  partner: Tensor;
  /** [B, n]: 1 for each of its tokens that is known. */
  seen: Tensor;
  /** int32 [B]: 0 … 3, or 4 where it is not known. */
  relation: Tensor;
  /** [B, 5]: z-scores. */
  traits: Tensor;
  /** [B]: 0 where they are not known. */
  known: Tensor;
  /** [B, 2 · latent]: means and deviations of a style's latents. */
  style: Tensor;
  /** [B]: 0 where there is no style. */
  styled: Tensor;
}
export type ConditionName = keyof Conditions;

/** The times of latent tokens and of sound tokens, in seconds from the window's start. */
export const tokenTimes = (shape: DyadicShape) => {
  const { window, soundFrames } = shape.network;
  const times = (count: number, frames: number) =>
    Float32Array.from({ length: count }, (_, i) => ((i + 0.5) * frames) / shape.fps);
  return { latents: times(window, TOKEN_FRAMES), sounds: times(soundTokens(shape.network), soundFrames) };
};

/** Positions of times in seconds as cosines and sines, [n, width]. */
export const positionsOf = (seconds: Float32Array, width: number): Tensor =>
  nn.sinusoidal(constant(seconds, [seconds.length]), width, { base: 1e3, scale: 30 });

/** What is hidden: rows of times from columns of others, more than `ahead` seconds later; columns without a time are not. */
export function hiddenBias(rows: Float32Array, columns: readonly (number | null)[], ahead: number): Tensor {
  const values = Float32Array.from({ length: rows.length * columns.length }, (_, i) => {
    const time = columns[i % columns.length];
    return time !== null && time > rows[Math.floor(i / columns.length)] + ahead + 1e-4 ? HIDDEN : 0;
  });
  return constant(values, [rows.length, columns.length]);
}

/** Conditions to what the denoiser attends to and is modulated by. */
export function contextReader(shape: DyadicShape) {
  const { network, sound: features, tokenizer } = shape;
  const { width, soundFrames, window, atoms: atomCount } = network;
  const S = soundTokens(network);
  const T = windowFrames(shape);
  const times = tokenTimes(shape);
  const scale = scaling(features);
  const project = nn.linear(soundFrames * features, width, { init: "xavier" });
  const soundNorm = nn.layerNorm(width);
  const roles = nn.parameter([2, width], nn.init.normal(0.1));
  const silence = nn.parameter([width], nn.init.normal(0.5));
  const atoms = atomCount > 0 ? dictionary(network, tokenizer.latent) : null;
  const orca = orcaFusion(network);
  const partner = nn.linear(tokenizer.latent, width, { init: "xavier" });
  const relation = nn.embedding(RELATION_COUNT + 1, width, { init: nn.init.normal(0.5) });
  const traits = nn.mlp([TRAIT_COUNT, width, width], { init: "xavier" });
  const noTraits = nn.parameter([width], nn.init.normal(0.5));
  const norm = nn.layerNorm(width);
  const kinds = nn.parameter([5, width], nn.init.normal(0.2));
  const [speech] = SOUND_PARTS.speech;
  const ends = Array.from(times.sounds, (time) => time + (0.5 * soundFrames) / shape.fps);
  const soundBias = network.causal && hiddenBias(Float32Array.from(ends), ends, 0);

  /** Style temperature [1] sharpens the weights of the dictionary's atoms. */
  const forward = (given: Conditions, temperature: Tensor) => {
    const [B] = given.heard.shape;
    const standard = scale
      .apply(given.sound)
      .clamp(-LOUDEST, LOUDEST)
      .reshape([B, 2, S, soundFrames * features]);
    const at = positionsOf(times.sounds, width).reshape([1, 1, S, width]);
    const sounds = soundNorm(project(standard))
      .add(at)
      .add(roles.reshape([1, 2, 1, width]));
    const [own, other] = sounds.split(2, 1).map((one) => one.squeeze(1));
    const speaks = given.sound
      .slice(1, 1)
      .slice(3, speech, speech + 1)
      .reshape([B, S, soundFrames])
      .mean(-1);
    const styled = atoms ? atoms(own, atoms.weigh(given.style, temperature), given.styled) : own;
    const there = given.sounding.greater(0.5);
    const heard = orca({ target: styled, partner: other, speech: speaks, mask: there, bias: soundBias });
    const e = {
      relation: relation(given.relation),
      traits: where(given.known.unsqueeze(-1).greater(0.5), traits(given.traits), noTraits.unsqueeze(0)),
    };
    const latentsAt = positionsOf(times.latents, width).unsqueeze(0);
    const tokens = [
      heard,
      silence.reshape([1, 1, width]).broadcastTo([B, 1, width]),
      partner(given.partner).add(latentsAt),
      e.relation.unsqueeze(1),
      e.traits.unsqueeze(1),
    ].map((token, i) => norm(token).add(kinds.slice(0, i, i + 1).unsqueeze(0)));
    const always = constant(1).broadcastTo([B, 2]);
    const hears = given.heard.unsqueeze(-1);
    const mask = concat([given.sounding.mul(hears), hears.neg().add(1), given.seen, always], 1).greater(0.5);
    return { context: concat(tokens, 1), mask, social: e.relation.add(e.traits) };
  };
  return Object.assign(
    nn.module(
      { scale, project, soundNorm, roles, silence, atoms, orca, partner, relation, traits, noTraits, norm, kinds },
      forward,
    ),
    { tokens: S + 1 + window + 2, frames: T },
  );
}

/** What of the window's own tokens, then of its context, is hidden from a latent token; null where nothing is. */
export function hiddenFrom(shape: DyadicShape): Tensor | undefined {
  const { causal, soundFrames } = shape.network;
  if (!causal) return undefined;
  const { latents, sounds } = tokenTimes(shape);
  const token = TOKEN_FRAMES / shape.fps;
  const half = (0.5 * soundFrames) / shape.fps;
  const ends = latents.map((time) => time + token / 2);
  return concat(
    [
      hiddenBias(latents, [...latents], causal.tokens * token),
      hiddenBias(
        ends,
        [...sounds].map((time) => time + half),
        causal.seconds,
      ),
      hiddenBias(latents, [null, ...latents, null, null], causal.tokens * token),
    ],
    1,
  );
}
