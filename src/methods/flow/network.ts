import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import { type AutoencoderConfig, decoder } from "../shared/autoencoder.js";
import { latentMlp, residualBlock } from "../shared/latent-mlp.js";

export interface FlowNetworkConfig {
  space: "pixel" | "latent" | "joint";
  autoencoder: AutoencoderConfig;
  /** 0: unconditional. The class after the last is "none". */
  classes: number;
  hidden: number;
  blocks: number;
  condition: number;
}

/** A velocity field: states [B, …], times [B] in [0, 1], labels [B] int32 (`classes` = none) to velocities of the states' shape. */
export type Velocity = (state: Tensor, time: Tensor, label: Tensor) => Tensor;

/** Condition vector [B, condition] of label and time (64 cosines and sines through an MLP). */
function conditionNet({ classes, condition }: FlowNetworkConfig) {
  const label = nn.embedding(classes + 1, condition, { init: nn.init.normal(0.5) });
  const time = nn.sequential(nn.linear(64, condition), nn.silu, nn.linear(condition, condition));
  return nn.module({ label, time }, (t: Tensor, labels: Tensor) =>
    label(labels).add(time(nn.sinusoidal(t, 64, { scale: 1000 }))),
  );
}

/** Velocities of standardised latent vectors [B, latent]: drifting's latent MLP with the time in its condition. */
function latentVelocity(config: FlowNetworkConfig) {
  const conditioning = conditionNet(config);
  const mlp = latentMlp({ ...config, latent: config.autoencoder.latent });
  return nn.module({ conditioning, mlp }, (state: Tensor, time: Tensor, labels: Tensor) =>
    mlp(state.unsqueeze(1), conditioning(time, labels)).squeeze(1),
  );
}

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

/** Velocities of images [B, C, H, W]: a small U-shaped network with a residual MLP over the whole picture at its bottom. */
function pixelVelocity(config: FlowNetworkConfig) {
  const { autoencoder, condition, blocks: count } = config;
  const { height, width, channels } = autoencoder;
  const [c1, c2, hidden] = [32, 48, 384];
  const bottom = c2 * (height / 4) * (width / 4);
  const conditioning = conditionNet(config);
  const down1 = nn.conv2d(channels, c1, 4, { stride: 2, padding: 1 });
  const film1 = film(c1, condition);
  const down2 = nn.conv2d(c1, c2, 4, { stride: 2, padding: 1 });
  const film2 = film(c2, condition);
  const into = nn.linear(bottom, hidden);
  const blocks = Array.from({ length: Math.min(count, 2) }, () => residualBlock(hidden, condition));
  const out = nn.linear(hidden, bottom);
  const up1 = nn.conv2d(2 * c2, 4 * c1, 3, { padding: 1 });
  const film3 = film(c1, condition);
  const up2 = nn.conv2d(2 * c1, 4 * 16, 3, { padding: 1 });
  const last = nn.conv2d(16 + channels, channels, 3, { padding: 1 });
  return nn.module(
    { conditioning, down1, film1, down2, film2, into, blocks, out, up1, film3, up2, last },
    (state: Tensor, time: Tensor, labels: Tensor) => {
      const c = conditioning(time, labels).silu();
      const half = film1(down1(state), c).silu();
      const quarter = film2(down2(half), c).silu();
      const whole = blocks.reduce((h, block) => block(h, c), into(quarter.flatten(1)));
      const mixed = out(whole.silu()).reshape(quarter.shape);
      const wide = film3(up1(concat([quarter, mixed], 1)).depthToSpace(2), c).silu();
      const full = up2(concat([wide, half], 1))
        .depthToSpace(2)
        .silu();
      return last(concat([full, state], 1));
    },
  );
}

/** The velocity field of a model and, where it flows in latent space, the way from there to images. */
export function flowNetwork(config: FlowNetworkConfig) {
  if (config.space === "pixel") return nn.module({ velocity: pixelVelocity(config) }, () => {}) as FlowNetwork;
  const { latent } = config.autoencoder;
  const scale = nn.parameter([latent], nn.init.ones);
  const shift = nn.parameter([latent], nn.init.zeros);
  const decode = decoder(config.autoencoder);
  const toImages = nn.module({ scale, shift, decode }, (latents: Tensor) => decode(latents.mul(scale).add(shift)));
  return nn.module({ velocity: latentVelocity(config), toImages }, () => {}) as FlowNetwork;
}
export type FlowNetwork = nn.Parameterized & {
  velocity: nn.Parameterized & Velocity;
  toImages?: nn.Parameterized &
    ((latents: Tensor) => Tensor) & {
      scale: import("../../tensor/index.js").Parameter;
      shift: import("../../tensor/index.js").Parameter;
      decode: ReturnType<typeof decoder>;
    };
};
