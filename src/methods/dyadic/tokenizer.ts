import * as nn from "../../nn/index.js";
import { stack, type Tensor } from "../../tensor/index.js";
import type { DyadicShape } from "./shape.js";

const conv = (inputs: number, outputs: number, dilation = 1) =>
  nn.conv1d(inputs, outputs, 3, { padding: dilation, dilation, init: "kaiming" });

/** x + W·silu(conv(silu(x))), with dilations 1 and 3 one after the other. */
function residual(width: number) {
  const blocks = [1, 3].map((dilation) => ({
    dilated: conv(width, width, dilation),
    mix: nn.conv1d(width, width, 1, { init: 0.5 / Math.sqrt(width) }),
  }));
  return nn.module(
    { blocks },
    (x: Tensor): Tensor => blocks.reduce((h, { dilated, mix }) => h.add(mix(dilated(h.silu()).silu())), x),
  );
}

/**
 * The codes of latents [n, latent] in codebooks [levels, codes, latent], level by level the nearest of what the levels
 * before leave: codes [n, levels], and the sums of the first 1 … levels codes' vectors, [n, levels, latent]. As
 * `Codebooks.quantise` does it, by ‖b‖² − 2·x·b instead of ‖x − b‖².
 */
export function quantised(latents: Tensor, codebooks: Tensor): { codes: Tensor; sums: Tensor } {
  let rest = latents;
  const levels = codebooks.split(codebooks.shape[0], 0).map((level) => {
    const book = level.squeeze(0);
    const codes = book.square().sum(-1).sub(rest.matmul(book.transpose()).mul(2)).argmin(-1);
    rest = rest.sub(book.gather(codes));
    return { codes, sums: latents.sub(rest) };
  });
  return {
    codes: stack(
      levels.map(({ codes }) => codes),
      1,
    ),
    sums: stack(
      levels.map(({ sums }) => sums),
      1,
    ),
  };
}

type Shape = Pick<DyadicShape, "features" | "tokenizer">;

/** Standardised frames [B, 4n, features] to latents [B, n, latent], before they are quantised. */
export function encoder({ features, tokenizer: { width, latent } }: Shape) {
  const first = conv(features, width);
  const halve = () => ({ block: residual(width), down: nn.conv1d(width, width, 4, { stride: 2, padding: 1 }) });
  const halves = [halve(), halve()];
  const last = nn.conv1d(width, latent, 3, { padding: 1 });
  return nn.module({ first, halves, last }, (frames: Tensor): Tensor => {
    const start = first(frames.transpose([0, 2, 1]));
    return last(halves.reduce((h, { block, down }) => down(block(h)), start)).transpose([0, 2, 1]);
  });
}

/** Latents [B, n, latent] to standardised frames [B, 4n, features]. */
export function decoder({ features, tokenizer: { width, latent } }: Shape) {
  const first = nn.conv1d(latent, width, 3, { padding: 1 });
  const double = () => ({ mix: conv(width, width), block: residual(width) });
  const doubles = [double(), double()];
  const last = nn.conv1d(width, features, 3, { padding: 1 });
  const twice = (x: Tensor): Tensor => x.unsqueeze(2).upsample([1, 2]).squeeze(2);
  return nn.module({ first, doubles, last }, (latents: Tensor): Tensor => {
    const start = first(latents.transpose([0, 2, 1]));
    return last(doubles.reduce((h, { mix, block }) => block(mix(twice(h))), start)).transpose([0, 2, 1]);
  });
}
