import type { Conversation } from "../../src/data/dialogue/conversations.js";
import { mean } from "../../src/metrics/quantile.js";
import type { GestureGenerator } from "../../src/models/generator.js";
import { channelsOf, SPINE_LEAN } from "../../src/motion/gesture-channels.js";
import { fromGesture, toGesture } from "../../src/motion/index.js";
import { withheld } from "./draws.js";
import { armSpeed, spearman } from "./truth.js";

const leaning = (channels: Float32Array) =>
  mean(Array.from({ length: channels.length / 12 }, (_, t) => channels[12 * t + SPINE_LEAN]));

/**
 * Rank correlations between clips that are given as the first person's style and what is drawn in conversations without
 * relation and traits: how both lean, and how fast arms are.
 */
export async function styleObeyed(
  model: GestureGenerator,
  clips: readonly Conversation[],
  talks: readonly Conversation[],
  options: object,
) {
  const dialogues = talks.map((talk) => withheld["relation and traits"](talk, 0));
  const [given, drawn] = [
    { lean: [] as number[], arms: [] as number[] },
    { lean: [] as number[], arms: [] as number[] },
  ];
  for (const { people } of clips) {
    const rows = people[0].gesture!;
    const found = await model.sample(
      { ...options, count: dialogues.length },
      { dialogues, styles: [fromGesture(rows, model.fps), null] },
    );
    const moved = [...found].map(([first]) => channelsOf(toGesture(first)));
    const own = channelsOf(rows);
    given.lean.push(leaning(own));
    given.arms.push(armSpeed([own]));
    drawn.lean.push(mean(moved.map(leaning)));
    drawn.arms.push(armSpeed(moved));
  }
  return {
    ...{ clips: clips.length, conversations: talks.length },
    lean: spearman(given.lean, drawn.lean),
    arms: spearman(given.arms, drawn.arms),
    range: { given: extent(given.arms), drawn: extent(drawn.arms) },
  };
}

const extent = (list: readonly number[]) => [Math.min(...list), Math.max(...list)];
