import { compile, grad, nn, optim, Random, type Tensor } from "../../src/core.js";
import { wilson } from "../../src/metrics/wilson.js";
import { crossEntropy } from "../../src/networks/feature-net.js";

/** Axes of a picture. */
type Size = readonly [channels: number, height: number, width: number];

/** Pictures of one kind, [n, C, H, W] in [−1, 1] each: those that are learnt from, and others. */
export interface Kind {
  learnt: Float32Array;
  heldOut: Float32Array;
}

export interface Told {
  /** Share of held-out pictures that are told rightly: 0.5 is chance. */
  accuracy: number;
  /** Wilson's, 95 %. */
  interval: [number, number];
  /** Held-out pictures of both kinds. */
  count: number;
}

const HALF = 64;

/** Two wide convolutions and a hidden layer: unlike the judges and the feature networks, which have norms and 3×3 or 4×4 kernels. */
function detector([channels, height, width]: Size) {
  const first = nn.conv2d(channels, 24, 5, { stride: 2, padding: 2 });
  const second = nn.conv2d(24, 48, 5, { stride: 2, padding: 2 });
  const hidden = nn.linear(48 * Math.ceil(height / 4) * Math.ceil(width / 4), 128);
  const head = nn.linear(128, 2);
  return nn.module({ first, second, hidden, head }, (images: Tensor) =>
    head(hidden(second(first(images).relu()).relu().flatten(1)).relu()),
  );
}

/**
 * How well a network that learns it tells two kinds of pictures apart, by others of both that it has not seen, as many of
 * each. Its seed is its own.
 */
export async function tellApart(
  kinds: readonly [Kind, Kind],
  size: Size,
  { steps, seed, threads }: { steps: number; seed: number; threads: number },
): Promise<Told> {
  const per = size.reduce((a, b) => a * b);
  const net = detector(size);
  const parameters = nn.initialize(net, new Random(seed, "detector").uint32());
  const compute = { device: "cpu", threads } as const;
  const batch = 2 * HALF;
  const kindOf = Int32Array.from({ length: batch }, (_, i) => (i < HALF ? 0 : 1));
  const learning = compile(
    { images: [batch, ...size], kinds: { shape: [batch], dtype: "int32" } },
    ({ images, kinds }) => ({ gradients: grad(crossEntropy(net(images), kinds), parameters) }),
    compute,
  );
  const random = new Random(seed, "telling");
  const optimizer = optim.adamw(parameters, { lr: optim.cosine({ peak: 1e-3, warmup: steps >> 3, steps }) });
  for (let step = 0; step < steps; step++) {
    const images = new Float32Array(batch * per);
    for (let i = 0; i < batch; i++) {
      const { learnt } = kinds[kindOf[i]];
      const at = random.integer(learnt.length / per) * per;
      images.set(learnt.subarray(at, at + per), i * per);
    }
    const { gradients } = await learning.run({ images, kinds: kindOf });
    optimizer.update(gradients);
  }
  await learning.release();
  const count = Math.min(...kinds.map(({ heldOut }) => heldOut.length / per));
  const telling = compile({ images: [count, ...size] }, ({ images }) => ({ logits: net(images) }), compute);
  let right = 0;
  for (const [kind, { heldOut }] of kinds.entries()) {
    const { logits } = await telling.run({ images: heldOut.subarray(0, count * per) });
    for (let i = 0; i < count; i++) if (logits[2 * i + kind] > logits[2 * i + 1 - kind]) right++;
  }
  await telling.release();
  return { accuracy: right / (2 * count), interval: wilson(right, 2 * count), count: 2 * count };
}
