import type { Architecture } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import { constant, type Tensor } from "../../tensor/index.js";
import { JUDGED, type MotionJudgeShape, motionJudgeShape } from "./shape.js";
import { FIRST } from "./words.js";

/** To length 1. */
const onSphere = (x: Tensor): Tensor => x.div(x.square().sum(-1, true).add(1e-8).sqrt());

/**
 * Two networks that judge motion. `motion`: windows [N, frames, 67] through convolutions over time, whose mean gives a
 * feature layer with a head of actions, and a place on a sphere. `text`: rows of words int32 [N, length], and 1 where
 * there is a word [N, length], to places on the same sphere. `sharpness`: log of what their products are multiplied by.
 */
export function motionJudge({ mean, deviation, actions, words, width, features, embedding }: MotionJudgeShape) {
  const layer = (from: number, kernel: number, stride: number) => {
    const conv = nn.conv1d(from, width, kernel, { stride, padding: kernel >> 1 });
    const norm = nn.groupNorm(nn.groupCount(width), width);
    return nn.module({ conv, norm }, (x: Tensor) => norm(conv(x)).gelu());
  };
  const layers = [layer(JUDGED, 5, 2), layer(width, 5, 2), layer(width, 3, 1)];
  const feature = nn.linear(width, features);
  const head = nn.linear(features, actions.length);
  const place = nn.linear(width, embedding);
  const motion = nn.module({ layers, feature, head, place }, (windows: Tensor) => {
    const scaled = windows.sub(constant(mean)).div(constant(deviation)).transpose([0, 2, 1]);
    const seen = layers.reduce((h, one) => one(h), scaled).mean(2);
    const activations = feature(seen).gelu();
    return { features: activations, logits: head(activations), places: onSphere(place(seen)) };
  });

  const table = nn.embedding(FIRST + words.length, width, { init: nn.init.normal(0.1) });
  const order = nn.conv1d(width, width, 3, { padding: 1 });
  const meaning = nn.linear(width, embedding);
  const text = nn.module({ table, order, meaning }, (rows: Tensor, there: Tensor) => {
    const mask = there.unsqueeze(-1);
    const read = order(table(rows).mul(mask).transpose([0, 2, 1]))
      .gelu()
      .transpose([0, 2, 1]);
    return onSphere(meaning(read.mul(mask).sum(1).div(there.sum(1, true))));
  });
  const sharpness = nn.parameter([1], nn.init.filled(Math.log(10)));
  return nn.module({ motion, text, sharpness });
}

export const motionJudgeArchitecture: Architecture<MotionJudgeShape, ReturnType<typeof motionJudge>> = {
  shape: motionJudgeShape,
  says: ({ fps }) => ({ motion: { fps }, classes: 0 }),
  network: motionJudge,
};
