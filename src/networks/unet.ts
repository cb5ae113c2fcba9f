import * as nn from "../nn/index.js";
import { concat, type Tensor } from "../tensor/index.js";
import { residualBlock } from "./latent-mlp.js";

/** x·(1 + a) + b per channel, from the condition. */
function film(channels: number, condition: number) {
  const modulation = nn.linear(condition, 2 * channels);
  return nn.module({ modulation }, (x: Tensor, c: Tensor) => {
    const [a, b] = modulation(c)
      .reshape([x.shape[0], 2 * channels, 1, 1])
      .split(2, 1);
    return x.mul(a.add(1)).add(b);
  });
}

/** What sides of images must be multiples of: they are halved twice. */
export const UNET_STEP = 4;

export interface UnetShape {
  height: number;
  width: number;
  /** Channels that go in and come out. */
  inputs: number;
  outputs: number;
  condition: number;
  /** Residual blocks over the whole picture, and their width. */
  blocks: number;
  hidden: number;
}

/**
 * A small U-shaped network with a residual MLP over the whole picture at its bottom: images [B, inputs, H, W] (H and W
 * multiples of 4) to [B, outputs, H, W]. `conditioning` makes the condition [B, condition] of what else is given.
 */
export function unet<Given extends unknown[]>(
  { height, width, inputs, outputs, condition, blocks: count, hidden }: UnetShape,
  conditioning: nn.Parameterized & ((...given: Given) => Tensor),
) {
  if (height % UNET_STEP !== 0 || width % UNET_STEP !== 0)
    throw new Error(`This network takes images whose sides are multiples of 4, got ${width}×${height}.`);
  const [c1, c2] = [32, 48];
  const bottom = c2 * (height / 4) * (width / 4);
  const down1 = nn.conv2d(inputs, c1, 4, { stride: 2, padding: 1 });
  const film1 = film(c1, condition);
  const down2 = nn.conv2d(c1, c2, 4, { stride: 2, padding: 1 });
  const film2 = film(c2, condition);
  const into = nn.linear(bottom, hidden);
  const blocks = Array.from({ length: count }, () => residualBlock(hidden, condition));
  const out = nn.linear(hidden, bottom);
  const up1 = nn.conv2d(2 * c2, 4 * c1, 3, { padding: 1 });
  const film3 = film(c1, condition);
  const up2 = nn.conv2d(2 * c1, 4 * 16, 3, { padding: 1 });
  const last = nn.conv2d(16 + inputs, outputs, 3, { padding: 1 });
  return nn.module(
    { conditioning, down1, film1, down2, film2, into, blocks, out, up1, film3, up2, last },
    (images: Tensor, ...given: Given) => {
      const c = conditioning(...given).silu();
      const half = film1(down1(images), c).silu();
      const quarter = film2(down2(half), c).silu();
      const whole = blocks.reduce((h, block) => block(h, c), into(quarter.flatten(1)));
      const mixed = out(whole.silu()).reshape(quarter.shape);
      const wide = film3(up1(concat([quarter, mixed], 1)).depthToSpace(2), c).silu();
      const full = up2(concat([wide, half], 1))
        .depthToSpace(2)
        .silu();
      return last(concat([full, images], 1));
    },
  );
}
