import type { Architecture } from "../../models/architecture.js";
import { decoder } from "../../networks/autoencoder.js";
import { latentMlp } from "../../networks/latent-mlp.js";
import { unet } from "../../networks/unet.js";
import * as nn from "../../nn/index.js";
import type { Parameter, Tensor } from "../../tensor/index.js";
import { type FlowShape, flowShape } from "./shape.js";

/**
 * A velocity field: states [B, …], times [B] in [0, 1], labels [B] int32 (`classes` = none) to velocities of the
 * states' shape.
 */
export type Velocity = (state: Tensor, time: Tensor, label: Tensor) => Tensor;

/** Condition vector [B, condition] of label and time (64 cosines and sines through an MLP). */
function conditionNet({ classes, condition }: FlowShape) {
  const label = nn.embedding(classes + 1, condition, { init: nn.init.normal(0.5) });
  const time = nn.sequential(nn.linear(64, condition), nn.silu, nn.linear(condition, condition));
  return nn.module({ label, time }, (t: Tensor, labels: Tensor) =>
    label(labels).add(time(nn.sinusoidal(t, 64, { scale: 1000 }))),
  );
}

/** Velocities of standardised latent vectors [B, latent]: drifting's latent MLP with the time in its condition. */
function latentVelocity(config: FlowShape) {
  const conditioning = conditionNet(config);
  const mlp = latentMlp({ ...config, latent: config.autoencoder.latent });
  return nn.module({ conditioning, mlp }, (state: Tensor, time: Tensor, labels: Tensor) =>
    mlp(state.unsqueeze(1), conditioning(time, labels)).squeeze(1),
  );
}

/** Velocities of images [B, C, H, W]. */
function pixelVelocity(config: FlowShape) {
  const { autoencoder, condition, blocks } = config;
  const { height, width, channels } = autoencoder;
  const size = { height, width, inputs: channels, outputs: channels };
  return unet({ ...size, condition, blocks: Math.min(blocks, 2), hidden: 384 }, conditionNet(config));
}

/** The velocity field of a model and, where it flows in latent space, the way from there to images. */
export function flowNetwork(config: FlowShape) {
  if (config.space === "pixel") return nn.module({ velocity: pixelVelocity(config) }) as FlowNetwork;
  const { latent } = config.autoencoder;
  const scale = nn.parameter([latent], nn.init.ones);
  const shift = nn.parameter([latent], nn.init.zeros);
  const decode = decoder(config.autoencoder);
  const toImages = nn.module({ scale, shift, decode }, (latents: Tensor) => decode(latents.mul(scale).add(shift)));
  return nn.module({ velocity: latentVelocity(config), toImages }) as FlowNetwork;
}
export type FlowNetwork = nn.Parameterized & {
  velocity: nn.Parameterized & Velocity;
  toImages?: nn.Parameterized &
    ((latents: Tensor) => Tensor) & {
      scale: Parameter;
      shift: Parameter;
      decode: ReturnType<typeof decoder>;
    };
};

export const flowArchitecture: Architecture<FlowShape, FlowNetwork> = {
  shape: flowShape,
  says: ({ autoencoder: { height, width, channels }, classes }) => ({ image: { height, width, channels }, classes }),
  network: flowNetwork,
};
