import { type Shape, showShape } from "../shape.js";
import { type ApplyOp, defineOp, Tensor } from "../tensor.js";

/**
 * Mean and 1/√(variance + ε) of the last axis. The variance is E[x²] − E[x]², as in the runtime's own
 * LayerNormalization: two reductions and no intermediate of the size of x, at the price of digits where the mean is
 * hundreds of deviations from zero.
 */
function moments(x: Tensor, epsilon: number): { mean: Tensor; inverseStd: Tensor } {
  const n = x.shape[x.rank - 1];
  const mean = x.mean(-1, true);
  const variance = x.sumSquare(-1, true).div(n).sub(mean.square()).clamp(0, Infinity);
  return { mean, inverseStd: variance.add(epsilon).sqrt().reciprocal() };
}

/**
 * y = x̂·scale + bias, x̂ = (x − mean)/√(variance + ε) over the last axis. With t = dy·scale:
 * dx = (t − mean(t) − x̂·mean(t·x̂))/√(variance + ε); dscale = Σ dy·x̂ and dbias = Σ dy over all rows.
 */
const layerNormOp: ApplyOp<{ epsilon: number }> = defineOp<{ epsilon: number }>("LayerNorm", {
  shape: ([x, ...affine]) => {
    const width = x.shape[x.rank - 1];
    if (x.rank < 1) throw new Error("needs at least one axis");
    for (const t of affine) expectShape(t, [width], "scale and bias");
    return x.shape;
  },
  onnx: (g, [x, scale, ...bias], { epsilon }, { inputs: [t] }) =>
    g.node("LayerNormalization", [x, scale ?? g.float(new Float32Array(t.shape[t.rank - 1]).fill(1)), ...bias], {
      axis: -1,
      epsilon: { float: epsilon },
    }),
  grad: ({ inputs: [x, scale, bias], attributes, output, dOut, needs }) => {
    const normalized = scale ? layerNormOp([x], attributes) : output;
    const dNormalized = scale ? dOut.mul(scale) : dOut;
    const weighted = dOut.mul(normalized);
    const dx = () => {
      const n = x.shape[x.rank - 1];
      const along = scale ? weighted.mul(scale).sum(-1, true) : weighted.sum(-1, true);
      return dNormalized
        .sub(dNormalized.mean(-1, true))
        .sub(normalized.mul(along.div(n)))
        .mul(moments(x, attributes.epsilon).inverseStd);
    };
    return [
      needs(0) ? dx() : null,
      scale && needs(1) ? weighted.sumTo(scale.shape) : null,
      bias && needs(2) ? dOut.sumTo(bias.shape) : null,
    ];
  },
});

function expectShape(t: Tensor, shape: Shape, what: string): void {
  if (String(t.shape) !== String(shape))
    throw new Error(`${what} must be ${showShape(shape)}, got ${showShape(t.shape)}`);
}

export interface NormOptions {
  /** Per channel, multiplied after normalisation. */
  scale?: Tensor;
  /** Per channel, added last. */
  bias?: Tensor;
  /** Added to the variance (RMS norm: to the mean square). */
  epsilon?: number;
}

declare module "../tensor.js" {
  interface Tensor {
    /** Zero mean and unit variance over the last axis; scale and bias are [D]. ε = 1e-5 unless given. */
    layerNorm(options?: NormOptions): Tensor;
    /** x/√(mean(x²) + ε) over the last axis; scale is [D]. ε = 1e-6 unless given. */
    rmsNorm(options?: Omit<NormOptions, "bias">): Tensor;
    /**
     * [N, C, ..]: zero mean and unit variance within each sample and group of C/groups channels; scale and bias are
     * [C]. ε = 1e-5 unless given.
     */
    groupNorm(groups: number, options?: NormOptions): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  layerNorm(this: Tensor, { scale, bias, epsilon = 1e-5 }: NormOptions = {}) {
    if (bias && !scale) return layerNormOp([this], { epsilon }).add(bias);
    return layerNormOp(
      [this, scale, bias].filter((t) => t !== undefined),
      { epsilon },
    );
  },
  rmsNorm(this: Tensor, { scale, epsilon = 1e-6 }: NormOptions = {}) {
    const n = this.shape[this.rank - 1];
    const normalized = this.mul(this.sumSquare(-1, true).div(n).add(epsilon).sqrt().reciprocal());
    return scale ? normalized.mul(scale) : normalized;
  },
  groupNorm(this: Tensor, groups: number, { scale, bias, epsilon = 1e-5 }: NormOptions = {}) {
    const [n, channels] = this.shape;
    if (this.rank < 2 || channels % groups !== 0)
      throw new Error(
        `groupNorm: ${showShape(this.shape)} needs axes [N, C, ..] with C a multiple of ${groups} groups.`,
      );
    for (const t of [scale, bias]) if (t) expectShape(t, [channels], "groupNorm: scale and bias");
    const grouped = this.reshape([n, groups, -1]);
    const { mean, inverseStd } = moments(grouped, epsilon);
    // y = x·factor + shift with one factor and shift per sample and channel: two passes over the data
    const perChannel = [groups, channels / groups];
    const factor = scale ? inverseStd.mul(scale.reshape(perChannel)) : inverseStd.broadcastTo([n, ...perChannel]);
    const offset = mean.mul(factor).neg();
    const shift = bias ? offset.add(bias.reshape(perChannel)) : offset;
    const rows = this.reshape([n, channels, -1]);
    return rows
      .mul(factor.reshape([n, channels, 1]))
      .add(shift.reshape([n, channels, 1]))
      .reshape(this.shape);
  },
});
