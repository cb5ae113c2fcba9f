import type { Random } from "../../random/index.js";
import type { EncodedTake } from "./latents.js";
import type { DyadicSettings } from "./settings.js";
import { type DyadicShape, RELATION_COUNT, soundTokens, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";
import { styleNumbers } from "./style.js";
import { louder, stretchOf } from "./windows.js";

/** Windows of a training step, and what they are learnt under. */
export function trainingBatch(
  takes: readonly EncodedTake[],
  chosen: readonly number[],
  { shape, config, random }: { shape: DyadicShape; config: DyadicSettings; random: Random },
) {
  const { drop, gain, mirror } = config.training;
  const { window, soundFrames, together } = shape.network;
  const { latent } = shape.tokenizer;
  const [B, S, T] = [chosen.length, soundTokens(shape.network), windowFrames(shape)];
  const feeds = {
    clean: new Float32Array(B * window * latent),
    valid: new Float32Array(B * window),
    sound: new Float32Array(B * 2 * T * shape.sound),
    heard: new Float32Array(B),
    sounding: new Float32Array(B * S),
    partner: new Float32Array(B * window * latent),
    seen: new Float32Array(B * window),
    ...(together && { other: new Float32Array(B * window * latent), accompanied: new Float32Array(B) }),
    relation: new Int32Array(B).fill(RELATION_COUNT),
    traits: new Float32Array(B * TRAIT_COUNT),
    known: new Float32Array(B),
    style: new Float32Array(B * 2 * latent),
    styled: new Float32Array(B),
  };
  const happens = (share: number) => random.uniform() < share;
  const partnerOf = new Map(takes.map((take) => [take.dialogue.people[take.person], take]));
  chosen.forEach((index, row) => {
    const take = takes[index];
    const { dialogue, person, tokens } = take;
    const [target, partner] = [dialogue.people[person], dialogue.people[1 - person]];
    const turned = mirror && happens(0.5);
    const latentsOf = (one: EncodedTake) => (turned && one.mirrored ? one.mirrored : one.latents);
    const start = tokens > window ? random.integer(tokens - window + 1) : 0;
    const own = Math.min(window, tokens);
    feeds.clean.set(latentsOf(take).subarray(start * latent, (start + own) * latent), row * window * latent);
    for (let i = 0; i < own; i++) {
      const frame = (start + i) * TOKEN_FRAMES;
      const counted = target.valid?.subarray(frame, frame + TOKEN_FRAMES).reduce((a, b) => a + b, 0) ?? TOKEN_FRAMES;
      feeds.valid[row * window + i] = counted > TOKEN_FRAMES / 2 ? 1 : 0;
    }
    const decibels = gain * (2 * random.uniform() - 1);
    for (const [i, one] of [target, partner].entries()) {
      const rows = stretchOf(one.sound, shape.sound, start * TOKEN_FRAMES, T);
      feeds.sound.set(louder(rows, decibels, shape.sound), (2 * row + i) * T * shape.sound);
    }
    const all = happens(drop.all);
    feeds.heard[row] = all ? 0 : 1;
    feeds.sounding.fill(1, row * S, row * S + Math.floor((own * TOKEN_FRAMES) / soundFrames));
    if (dialogue.relation >= 0 && !happens(drop.relation) && !all) feeds.relation[row] = dialogue.relation;
    if (target.traits && !happens(drop.traits) && !all) {
      feeds.traits.set(target.traits, row * TRAIT_COUNT);
      feeds.known[row] = 1;
    }
    const other = partnerOf.get(partner);
    if (other && !happens(drop.partner) && !all) {
      // In a live window only the past of the partner is known, so half of them end somewhere; and the first window has none
      const until = happens(0.5) ? (together ? 0 : own) : random.integer(own + 1);
      const moves = latentsOf(other).subarray(start * latent, (start + own) * latent);
      feeds.partner.set(moves, row * window * latent);
      feeds.seen.fill(1, row * window, row * window + until);
      feeds.other?.set(moves, row * window * latent);
      feeds.accompanied?.fill(1, row, row + 1);
    }
    if (!happens(drop.style) && !all) {
      // Another window of the same person, so that the style cannot tell what is to be drawn
      const from = tokens > window ? random.integer(tokens - window + 1) : 0;
      feeds.style.set(
        styleNumbers(latentsOf(take).subarray(from * latent, (from + own) * latent), latent),
        row * 2 * latent,
      );
      feeds.styled[row] = 1;
    }
  });
  return feeds;
}
