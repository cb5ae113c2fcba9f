import type { Architecture } from "../../models/architecture.js";
import * as nn from "../../nn/index.js";
import { constant, type Tensor } from "../../tensor/index.js";
import { PATCH, type VisionLanguageShape, visionLanguageShape } from "./shape.js";

/** Of the places' frequencies: a grid is few patches wide, so that the usual 10⁴ would leave most channels constant. */
const PLACE_BASE = 16;

/**
 * Pictures [B, C, H, W] in [−1, 1] to a vector for each patch of 8×8 pixels, [B, P, width]: convolutions that halve three
 * times, then transformer blocks over the patches. Places in the grid are added before the blocks, and once more behind
 * the norm, so that whoever attends to patches finds out where they are.
 */
function pictureEncoder({ image, channels: [c1, c2], width, heads, encoderBlocks }: VisionLanguageShape) {
  const [rows, columns] = [image.height / PATCH, image.width / PATCH];
  const stem = nn.conv2d(image.channels, c1, 3, { stride: 2, padding: 1 });
  const halvings = [nn.residualBlock(c1, c2, { stride: 2 }), nn.residualBlock(c2, width, { stride: 2 })];
  const blocks = Array.from({ length: encoderBlocks }, () => nn.transformerBlock(width, heads, { mlp: "gelu" }));
  const norm = nn.rmsNorm(width);
  const places = constant(nn.sinCos2d(rows, columns, width, PLACE_BASE), [rows * columns, width]);
  return nn.module({ stem, halvings, blocks, norm }, (images: Tensor): Tensor => {
    const grid = halvings.reduce((h, halving) => halving(h), stem(images));
    const patches = grid.reshape([images.shape[0], width, rows * columns]).transpose([0, 2, 1]);
    return norm(blocks.reduce((h, block) => block(h), patches.add(places))).add(places);
  });
}

/** A block over words [B·Q, L, width]: causal attention, attention to the patches [B, P, width] of their picture, an MLP. */
function wordBlock(width: number, heads: number) {
  const before = nn.rmsNorm(width);
  const attention = nn.attention(width, heads, { causal: true, rotary: true });
  const between = nn.rmsNorm(width);
  const looking = nn.attention(width, heads);
  const after = nn.rmsNorm(width);
  const mlp = nn.mlp([width, 4 * width, width], { activation: nn.gelu });
  return nn.module({ before, attention, between, looking, after, mlp }, (words: Tensor, patches: Tensor): Tensor => {
    const read = words.add(attention(before(words)));
    const asked = between(read).reshape([patches.shape[0], -1, width]); // all questions about a picture look at it at once
    const seen = read.add(looking(asked, { context: patches }).reshape(read.shape));
    return seen.add(mlp(after(seen)));
  });
}

/**
 * A picture encoder and a causal decoder of words. `see` makes patches [B, P, width] of pictures; `say` makes logits
 * [B·Q, L, K] of them and of the tokens [B·Q, L] of Q questions about each picture, row l of which predicts token l + 1.
 */
export function visionLanguageNetwork(shape: VisionLanguageShape) {
  const { words, width, heads, blocks: depth } = shape;
  const states = words.length + SPECIAL;
  const see = pictureEncoder(shape);
  const embedding = nn.embedding(states, width, { init: nn.init.normal(0.02) });
  const blocks = Array.from({ length: depth }, () => wordBlock(width, heads));
  const norm = nn.rmsNorm(width);
  const head = nn.linear(width, states, { bias: false, init: "zeros" });
  const say = (patches: Tensor, tokens: Tensor): Tensor =>
    head(norm(blocks.reduce((h, block) => block(h, patches), embedding(tokens))));
  const net = nn.module({ see, embedding, blocks, norm, head }, (images: Tensor, tokens: Tensor) =>
    say(see(images), tokens),
  );
  return Object.assign(net, { say });
}
export type VisionLanguageNetwork = ReturnType<typeof visionLanguageNetwork>;

/** Tokens before those of the words: the end of an answer, and the mark behind a question. */
export const END = 0;
export const ASKED = 1;
export const SPECIAL = 2;

export const visionLanguageArchitecture: Architecture<VisionLanguageShape, VisionLanguageNetwork> = {
  shape: visionLanguageShape,
  says: ({ image }) => ({ image, classes: 0 }),
  network: visionLanguageNetwork,
};
