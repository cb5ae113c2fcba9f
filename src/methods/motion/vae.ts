import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import type { MotionShape } from "./shape.js";

/** What came before the present stretch of a stream, for each convolution in the order of their calls. */
export interface Past {
  /** `x` [B, C, T] behind the `length` columns that came before it. */
  join(x: Tensor, length: number): Tensor;
}

/**
 * A convolution over time that never looks ahead, [B, inputs, T] to [B, outputs, T/stride]. What came before the first
 * column is zeros, or else the `past`. Weights begin so that variances are multiplied by `gain`².
 */
function causalConv(
  inputs: number,
  outputs: number,
  kernel: number,
  { stride = 1, dilation = 1, gain = 1 }: { stride?: number; dilation?: number; gain?: number } = {},
) {
  const before = (kernel - 1) * dilation + 1 - stride;
  const { weight, bias } = nn.conv1d(inputs, outputs, kernel, { init: gain / Math.sqrt(inputs * kernel) });
  return nn.module({ weight, bias }, (x: Tensor, past?: Past): Tensor => {
    const options = { stride, dilation, bias: bias ?? undefined };
    return past && before > 0
      ? past.join(x, before).conv1d(weight, options)
      : x.conv1d(weight, { ...options, padding: [before, 0] });
  });
}

/** Residual branches begin small, so that a stack of them begins near the identity. */
const RESIDUAL_GAIN = 0.7;

/** Residual blocks x + W·relu(conv(relu(x))) with dilations that fall to 1, such as 9, 3, 1. */
function stack(width: number, depth: number) {
  const blocks = Array.from({ length: depth }, (_, i) => ({
    dilated: causalConv(width, width, 3, { dilation: 3 ** (depth - 1 - i) }),
    mix: causalConv(width, width, 1, { gain: RESIDUAL_GAIN }),
  }));
  return nn.module(
    { blocks },
    (x: Tensor, past?: Past): Tensor =>
      blocks.reduce((h, { dilated, mix }) => h.add(mix(dilated(h.relu(), past).relu())), x),
  );
}

type CodecShape = Pick<MotionShape, "features" | "codec">;

/** Bounds of a log variance. */
const LOWEST = -30;
const HIGHEST = 20;
/** Log variance of tokens at first: little noise, or the decoder would learn to do without them. */
export const FIRST_LOG_VARIANCE = -4;

/** Frames [B, T, features] to mean and log variance of the tokens, [B, T/4, latent] each. */
export function encoder({ features, codec: { width, latent, depth } }: CodecShape) {
  const first = causalConv(features, width, 3);
  const halve = () => ({ down: causalConv(width, width, 4, { stride: 2 }), stack: stack(width, depth) });
  const halves = [halve(), halve()];
  const last = causalConv(width, width, 3);
  const mean = nn.linear(width, latent);
  const spread = nn.linear(width, latent, { init: 0.1 / Math.sqrt(width) });
  return nn.module({ first, halves, last, mean, spread }, (frames: Tensor, past?: Past) => {
    const start = first(frames.transpose([0, 2, 1]), past).relu();
    const h = halves.reduce((h, { down, stack }) => stack(down(h, past), past), start);
    const tokens = last(h, past).transpose([0, 2, 1]);
    return { mean: mean(tokens), logVariance: spread(tokens).add(FIRST_LOG_VARIANCE).clamp(LOWEST, HIGHEST) };
  });
}
export type Encoder = ReturnType<typeof encoder>;

/** Each column twice. */
const twice = (x: Tensor): Tensor => x.unsqueeze(2).upsample([1, 2]).squeeze(2);

/** Tokens [B, n, latent] to frames [B, 4n, features]; frame f needs the tokens up to f/4 only. */
export function decoder({ features, codec: { width, latent, depth } }: CodecShape) {
  const project = nn.linear(latent, width);
  const first = causalConv(width, width, 3);
  const double = () => ({ stack: stack(width, depth), mix: causalConv(width, width, 3) });
  const doubles = [double(), double()];
  const last = causalConv(width, width, 3);
  const frames = causalConv(width, features, 3);
  return nn.module({ project, first, doubles, last, frames }, (tokens: Tensor, past?: Past): Tensor => {
    const start = first(project(tokens).transpose([0, 2, 1]), past).relu();
    const h = doubles.reduce((h, { stack, mix }) => mix(twice(stack(h, past)), past), start);
    return frames(last(h, past).relu(), past).transpose([0, 2, 1]);
  });
}
export type Decoder = ReturnType<typeof decoder>;

/** A past of given columns, [B, C, length] each, that notes those of the stretch after this one. */
export class RingPast implements Past {
  readonly next: Tensor[] = [];

  constructor(private readonly columns: readonly Tensor[]) {}

  join(x: Tensor, length: number): Tensor {
    const all = concat([this.columns[this.next.length], x], 2);
    this.next.push(all.slice(2, all.shape[2] - length));
    return all;
  }
}

/** Finds out what columns a network asks for: [channels, length] in the order of the calls. */
export class NotedPast implements Past {
  readonly sizes: { channels: number; length: number }[] = [];

  join(x: Tensor, length: number): Tensor {
    this.sizes.push({ channels: x.shape[1], length });
    return x.pad([0, 0, length], [0, 0, 0]);
  }
}
