import type { Architecture } from "../../models/architecture.js";
import { decoder } from "../../networks/autoencoder.js";
import { latentMlp } from "../../networks/latent-mlp.js";
import { unet } from "../../networks/unet.js";
import * as nn from "../../nn/index.js";
import { constant, type Parameter, type Tensor } from "../../tensor/index.js";
import { type FlowShape, flowShape } from "./shape.js";

/**
 * A velocity field: states [B, …], times [B] in [0, 1], labels [B] int32 (`classes` = none) to velocities of the
 * states' shape. With a second time [B], `time` … 1, the mean velocity on the way from the first to it.
 */
export type Velocity = (state: Tensor, time: Tensor, label: Tensor, until?: Tensor) => Tensor;

/** Whether a field takes a second time. */
export const takesSpan = ({ objective }: Pick<FlowShape, "objective">): boolean =>
  objective === "alpha-flow" || objective === "shortcut";

/**
 * Vector [B, condition] of a way's length [B] in [0, 1]: zeros for none, whatever the weights, and at first for all. So
 * the field of a way without length is the velocity itself, and training begins with a flow as it is.
 */
function spanNet(condition: number) {
  const into = nn.linear(64, condition, { bias: false });
  const out = nn.linear(condition, condition, { bias: false, init: nn.init.zeros });
  const ofNone = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 0));
  return nn.module({ into, out }, (span: Tensor) =>
    out(into(nn.sinusoidal(span, 64, { scale: 30 }).sub(constant(ofNone))).silu()),
  );
}

/** Condition vector [B, condition] of label and time (64 cosines and sines through an MLP), and of a way's length. */
function conditionNet(shape: FlowShape) {
  const { classes, condition } = shape;
  const label = nn.embedding(classes + 1, condition, { init: nn.init.normal(0.5) });
  const time = nn.sequential(nn.linear(64, condition), nn.silu, nn.linear(condition, condition));
  const span = takesSpan(shape) ? spanNet(condition) : null;
  return nn.module({ label, time, span }, (t: Tensor, labels: Tensor, until?: Tensor) => {
    const instant = label(labels).add(time(nn.sinusoidal(t, 64, { scale: 1000 })));
    if (!until) return instant;
    if (!span) throw new Error("This field has no second time.");
    return instant.add(span(until.sub(t)));
  });
}

/** Velocities of standardised latent vectors [B, latent]: drifting's latent MLP with the time in its condition. */
function latentVelocity(config: FlowShape) {
  const conditioning = conditionNet(config);
  const mlp = latentMlp({ ...config, latent: config.autoencoder.latent });
  return nn.module({ conditioning, mlp }, (state: Tensor, time: Tensor, labels: Tensor, until?: Tensor) =>
    mlp(state.unsqueeze(1), conditioning(time, labels, until)).squeeze(1),
  );
}

/** Velocities of images [B, C, H, W]. */
function pixelVelocity(config: FlowShape) {
  const { autoencoder, condition, blocks } = config;
  const { height, width, channels } = autoencoder;
  const size = { height, width, inputs: channels, outputs: channels };
  return unet({ ...size, condition, blocks: Math.min(blocks, 2), hidden: 384 }, conditionNet(config));
}

/**
 * What a field with a second time, or one of consistency, draws in one step: noise [B, …] and labels [B] to images [B, C,
 * H, W] in [−1, 1].
 */
export function drawOnce(net: FlowNetwork, shape: FlowShape, noise: Tensor, label: Tensor): Tensor {
  const at = (time: number) => ofRows(constant(Float32Array.of(time), [1]), noise);
  const end = noise.add(net.velocity(noise, at(0), label, takesSpan(shape) ? at(1) : undefined));
  return (net.toImages ? net.toImages(end) : end).clamp(-1, 1);
}

/** A value [1] for each row of `like` [B, …]: [B]. Not a constant of B numbers, so that the graph is of any batch. */
export const ofRows = (value: Tensor, like: Tensor): Tensor => value.broadcastTo([like.shape[0]]);

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
