import { constant } from "../leaves.js";
import { sameShape, showShape } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";
import { stack } from "./layout.js";

type Pair = readonly [number, number];
interface PoolAttributes {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
}
export interface PoolOptions {
  /** Default: the kernel, so that windows tile the image. */
  stride?: number | Pair;
  /** Both sides of height and width. */
  padding?: number | Pair;
}

const pair = (v: number | Pair): Pair => (typeof v === "number" ? [v, v] : v);
const attributesOf = (kernel: number | Pair, { stride = kernel, padding = 0 }: PoolOptions): PoolAttributes => ({
  kernel: pair(kernel),
  stride: pair(stride),
  padding: pair(padding),
});

function pooledSize(x: Tensor, { kernel, stride, padding }: PoolAttributes): [number, number] {
  if (x.rank !== 4) throw new Error(`needs [N, C, H, W], got ${showShape(x.shape)}`);
  const size = (i: 0 | 1) => Math.floor((x.shape[2 + i] + 2 * padding[i] - kernel[i]) / stride[i]) + 1;
  return [size(0), size(1)];
}

/** Mean over windows; borders count as zeros. Its adjoint spreads each cotangent evenly over its window. */
const avgPoolOp = defineOp<PoolAttributes>("AvgPool", {
  shape: ([x], a) => [x.shape[0], x.shape[1], ...pooledSize(x, a)],
  onnx: (g, [x], { kernel, stride, padding }) =>
    g.node("AveragePool", [x], {
      kernel_shape: kernel,
      strides: stride,
      pads: [...padding, ...padding],
      count_include_pad: 1,
    }),
  grad: ({ inputs: [x], attributes: { kernel, stride, padding }, dOut }) => {
    const [n, c, h, w] = x.shape;
    const [ph, pw] = dOut.shape.slice(2);
    const share = 1 / (kernel[0] * kernel[1]);
    if (sameShape(kernel, stride) && padding[0] === 0 && padding[1] === 0)
      return [
        dOut
          .mul(share)
          .upsample(kernel)
          .pad([0, 0, 0, 0], [0, 0, h - ph * kernel[0], w - pw * kernel[1]]),
      ];
    const window = constant(new Float32Array(kernel[0] * kernel[1]).fill(share), [1, 1, ...kernel]);
    const outputPadding: Pair = [
      h - ((ph - 1) * stride[0] + kernel[0] - 2 * padding[0]),
      w - ((pw - 1) * stride[1] + kernel[1] - 2 * padding[1]),
    ];
    const spread = dOut.reshape([n * c, 1, ph, pw]).convTranspose2d(window, { stride, padding, outputPadding });
    return [spread.reshape(x.shape)];
  },
});

declare module "../tensor.js" {
  interface Tensor {
    /** Mean over windows of [N, C, H, W]; windows that do not fit are dropped, padding counts as zeros. */
    avgPool2d(kernel: number | Pair, options?: PoolOptions): Tensor;
    /** Maximum over windows of [N, C, H, W]; equal maxima share the gradient. */
    maxPool2d(kernel: number | Pair, options?: PoolOptions): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  avgPool2d(this: Tensor, kernel: number | Pair, options: PoolOptions = {}) {
    return avgPoolOp([this], attributesOf(kernel, options));
  },
  maxPool2d(this: Tensor, kernel: number | Pair, options: PoolOptions = {}) {
    const a = attributesOf(kernel, options);
    const [h, w] = pooledSize(this, a);
    const border = [0, 0, ...a.padding];
    const padded = this.pad(border, border, -3.4e38);
    const taps: Tensor[] = [];
    for (let i = 0; i < a.kernel[0]; i++)
      for (let j = 0; j < a.kernel[1]; j++)
        taps.push(
          padded
            .slice(2, i, i + (h - 1) * a.stride[0] + 1, a.stride[0])
            .slice(3, j, j + (w - 1) * a.stride[1] + 1, a.stride[1]),
        );
    return stack(taps).max(0);
  },
});
