import * as nn from "../../nn/index.js";
import { type CompileOptions, compile, compileOptions, releasable } from "../../runtime/index.js";
import { Work } from "../../runtime/release.js";
import { constant, type Parameter, type Tensor } from "../../tensor/index.js";
import { type Extractor, gatherFeatures, type ImageSize, scaleRgb } from "./extractor.js";

/** Weights by their Keras names, such as "res2a_branch2a/kernel". */
export type KerasWeights = Record<string, { shape: readonly number[]; data: Float32Array }>;

/** Blocks and bottleneck width of the four stages, which Keras calls 2 to 5 and their blocks a, b, …. */
const STAGES = [
  { blocks: 3, width: 64 },
  { blocks: 4, width: 128 },
  { blocks: 6, width: 256 },
  { blocks: 3, width: 512 },
];

/** Epsilon of the batch normalisations, as the package's model.json has it. */
const EPSILON = 1e-3;

const convolution = (inputs: number, outputs: number, kernel: number, stride = 1) =>
  nn.conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2 });

/**
 * [N, inputs, H, W] to [N, 4·width, H/stride, W/stride]: 1×1, 3×3, 1×1, the first with the stride ("v1"), and a
 * shortcut.
 */
function bottleneck(inputs: number, width: number, stride: number) {
  const branch2a = convolution(inputs, width, 1, stride);
  const branch2b = convolution(width, width, 3);
  const branch2c = convolution(width, 4 * width, 1);
  const branch1 = inputs === 4 * width ? null : convolution(inputs, 4 * width, 1, stride);
  return nn.module({ branch2a, branch2b, branch2c, branch1 }, (x: Tensor): Tensor => {
    const y = branch2c(branch2b(branch2a(x).relu()).relu());
    return y.add(branch1 ? branch1(x) : x).relu();
  });
}

/**
 * ResNet-50 as Keras has it (1512.03385, "v1": strides in the first 1×1 convolutions), batch normalisation folded into
 * the convolutions. Images [N, 3, 224, 224], BGR, 0..255 less the channel means, to avg_pool [N, 2048] and logits [N,
 * 1000].
 */
export function resnet50() {
  const conv1 = convolution(3, 64, 7, 2);
  const blocks: Record<string, ReturnType<typeof bottleneck>> = {};
  let channels = 64;
  for (const [i, stage] of STAGES.entries())
    for (let b = 0; b < stage.blocks; b++) {
      blocks[`res${i + 2}${"abcdef"[b]}`] = bottleneck(channels, stage.width, b === 0 && i > 0 ? 2 : 1);
      channels = 4 * stage.width;
    }
  const fc1000 = nn.linear(channels, 1000);
  return nn.module({ conv1, ...blocks, fc1000 }, (images: Tensor): { features: Tensor; logits: Tensor } => {
    const stem = conv1(images).relu().maxPool2d(3, { stride: 2, padding: 1 });
    const features = Object.values(blocks)
      .reduce((h, block) => block(h), stem)
      .mean([2, 3]);
    return { features, logits: fc1000(features) };
  });
}
type ResNet50 = ReturnType<typeof resnet50>;

interface Layer {
  /** Keras' name. */
  name: string;
  /** Of its batch normalisation; null for the dense layer. */
  norm: string | null;
  weight: Parameter;
  bias: Parameter;
}

function* layers(net: ResNet50): Generator<Layer> {
  const parameters = new Map(net.namedParameters());
  for (const [path, weight] of parameters) {
    if (!path.endsWith(".weight")) continue;
    const name = path.slice(0, -".weight".length).replace(".", "_");
    const bias = parameters.get(path.replace(/weight$/, "bias"))!;
    const norm = name === "fc1000" ? null : name === "conv1" ? "bn_conv1" : name.replace(/^res/, "bn");
    yield { name, norm, weight, bias };
  }
}

const STATISTICS = ["gamma", "beta", "moving_mean", "moving_variance"] as const;

/** Name and shape of every tensor of the Keras model: 320 tensors, 25,636,712 numbers. */
export function kerasShapes(net: ResNet50 = resnet50()): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  for (const { name, norm, weight, bias } of layers(net)) {
    const [o, i, ...kernel] = weight.shape;
    shapes[`${name}/kernel`] = norm ? [...kernel, i, o] : weight.shape;
    shapes[`${name}/bias`] = bias.shape;
    if (norm) for (const statistic of STATISTICS) shapes[`${norm}/${statistic}`] = bias.shape;
  }
  return shapes;
}

/**
 * Sets the network's values from Keras': y = γ (conv(x) + b − μ)/√(σ² + ε) + β is a convolution with its kernel times
 * s = γ/√(σ² + ε) and the bias (b − μ) s + β.
 * @throws where a tensor is missing or of another shape.
 */
export function loadKeras(net: ResNet50, weights: KerasWeights): void {
  for (const [name, shape] of Object.entries(kerasShapes(net))) {
    if (!weights[name]) throw new Error(`The ResNet50 weights have no tensor "${name}".`);
    if (String(weights[name].shape) !== String(shape))
      throw new Error(
        `The ResNet50 weights' tensor "${name}" has shape [${weights[name].shape}] instead of [${shape}].`,
      );
  }
  for (const { name, norm, weight, bias } of layers(net)) {
    const of = (tensor: string) => weights[tensor].data;
    if (norm === null) {
      weight.value = of(`${name}/kernel`);
      bias.value = of(`${name}/bias`);
      continue;
    }
    const [gamma, beta, mean, variance] = STATISTICS.map((statistic) => of(`${norm}/${statistic}`));
    const scale = gamma.map((g, o) => g / Math.sqrt(variance[o] + EPSILON));
    weight.value = transposeKernel(of(`${name}/kernel`), weight.shape, scale);
    bias.value = of(`${name}/bias`).map((b, o) => (b - mean[o]) * scale[o] + beta[o]);
  }
}

/** Kernel [kh, kw, I, O] as [O, I, kh, kw], output channel o multiplied by scale[o]. */
function transposeKernel(kernel: Float32Array, [outputs, inputs, kh, kw]: readonly number[], scale: Float32Array) {
  const taps = kh * kw;
  const out = new Float32Array(kernel.length);
  for (let t = 0, from = 0; t < taps; t++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++, from++) out[(o * inputs + i) * taps + t] = kernel[from] * scale[o];
  return out;
}

/** Images in [−1, 1] as the network takes them. */
export function preprocess(images: Tensor): Tensor {
  const bgrMeans = constant([103.939, 116.779, 123.68], [3, 1, 1]);
  return scaleRgb(images, [224, 224]).add(1).mul(127.5).flip(1).sub(bgrMeans);
}

const BATCH = 8;

/** The 2048 mean-pooled activations of ResNet-50 trained on ImageNet-1k, for images of a size. */
export function resnet50Extractor(weights: KerasWeights, image: ImageSize, options: CompileOptions = {}): Extractor {
  const { channels, height, width } = image;
  const name = "resnet50-imagenet avg_pool";
  const work = new Work(name);
  const net = resnet50();
  loadKeras(net, weights);
  const program = compile(
    { images: [BATCH, channels, height, width] },
    ({ images }) => ({ features: net(preprocess(images)).features }),
    { freeze: true, ...compileOptions(options) },
  );
  const dim = 2048;
  return releasable({
    name,
    preprocessing: "scaled to 224×224 (bilinear, antialiased), BGR in 0..255 less 103.939, 116.779, 123.68",
    dim,
    batch: BATCH,
    async extract(images: Float32Array, count: number, { signal }: { signal?: AbortSignal } = {}) {
      const run = async (part: Float32Array) => (await program.run({ images: part })).features;
      return {
        features: await gatherFeatures(images, { count, batch: BATCH, dim, image }, run, { work, signal }),
        logits: null,
      };
    },
    async release() {
      await work.end();
      await program.release();
    },
  });
}
