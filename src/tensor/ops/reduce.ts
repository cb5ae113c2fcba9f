import { normalizeAxes, sizeOf } from "../shape.js";
import { defineOp, type GradContext, Tensor } from "../tensor.js";

interface ReduceAttributes {
  axes: readonly number[];
}
type Axes = number | readonly number[];

/** Defines a reduction that keeps reduced axes with size 1; the method drops them unless asked to keep them. */
function reduction(name: string, onnxName: string, derivative: (context: GradContext<ReduceAttributes>) => Tensor) {
  const apply = defineOp<ReduceAttributes>(name, {
    shape: ([x], { axes }) => x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
    onnx: (g, [x], { axes }) => g.node(onnxName, [x, g.int64([...axes])], { keepdims: 1 }),
    grad: (context) => [derivative(context)],
  });
  return function (this: Tensor, axes?: Axes, keep = false) {
    const list = normalizeAxes(axes, this.rank);
    const reduced = list.length === 0 ? this : apply([this], { axes: list });
    return keep ? reduced : reduced.reshape(this.shape.filter((_, i) => !list.includes(i)));
  };
}

// Where several entries tie for the extremum the cotangent is shared equally.
function extremumGrad({ inputs: [x], output, dOut, attributes: { axes } }: GradContext<ReduceAttributes>): Tensor {
  const hit = x.equal(output).cast("float32");
  return hit.mul(dOut.div(hit.sum(axes, true)));
}

const methods = {
  sum: reduction("Sum", "ReduceSum", ({ inputs: [x], dOut }) => dOut.broadcastTo(x.shape)),
  mean: reduction("Mean", "ReduceMean", ({ inputs: [x], dOut, attributes: { axes } }) =>
    dOut.mul(1 / sizeOf(axes.map((i) => x.shape[i]))).broadcastTo(x.shape),
  ),
  sumSquare: reduction("SumSquare", "ReduceSumSquare", ({ inputs: [x], dOut }) => dOut.mul(2).mul(x)),
  max: reduction("ReduceMax", "ReduceMax", extremumGrad),
  min: reduction("ReduceMin", "ReduceMin", extremumGrad),
  /** Population variance. */
  variance(this: Tensor, axes?: Axes, keep = false) {
    return this.sub(this.mean(axes, true)).square().mean(axes, keep);
  },
  /** log Σ exp, shifted by the maximum so that it never overflows. */
  logSumExp(this: Tensor, axes?: Axes, keep = false) {
    const top = this.max(axes, true).stopGradient();
    const sum = this.sub(top).exp().sum(axes, true).log().add(top);
    return keep ? sum : sum.sum(axes);
  },
};

declare module "../tensor.js" {
  interface Tensor {
    /** Reductions over one axis, several, or all; `keep` leaves reduced axes with size 1. */
    sum(axes?: Axes, keep?: boolean): Tensor;
    mean(axes?: Axes, keep?: boolean): Tensor;
    sumSquare(axes?: Axes, keep?: boolean): Tensor;
    max(axes?: Axes, keep?: boolean): Tensor;
    min(axes?: Axes, keep?: boolean): Tensor;
    variance(axes?: Axes, keep?: boolean): Tensor;
    logSumExp(axes?: Axes, keep?: boolean): Tensor;
  }
}
Object.assign(Tensor.prototype, methods);
