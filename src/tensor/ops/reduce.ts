import { constant } from "../leaves.js";
import { normalizeAxes, sizeOf } from "../shape.js";
import { defineOp, type GradContext, type GraphBuilder, Tensor } from "../tensor.js";
import { where } from "./compare.js";
import { concat } from "./layout.js";

interface ReduceAttributes {
  axes: readonly number[];
}
type Axes = number | readonly number[];

/**
 * Defines a reduction that keeps reduced axes with size 1; the method drops them unless asked to keep them. Of axes that
 * are not neighbours the last ones are reduced first, which the runtime does in half the time of all at once.
 */
function reduction(
  name: string,
  onnxName: string,
  derivative: (context: GradContext<ReduceAttributes>) => Tensor,
  before = (_: GraphBuilder, x: string) => x,
) {
  const apply = defineOp<ReduceAttributes>(name, {
    shape: ([x], { axes }) => x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
    onnx: (g, [x], { axes }, { inputs: [{ rank }] }) => {
      const last = axes.filter((_, i) => axes[i] - i === rank - axes.length);
      const steps = last.length > 0 ? [last, axes.slice(0, axes.length - last.length)] : [axes];
      return steps
        .filter((step) => step.length > 0)
        .reduce((from, step) => g.node(onnxName, [from, g.int64([...step])], { keepdims: 1 }), before(g, x));
    },
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

/** √x with a gradient of zero, not infinity, where x is zero. */
function rootOrZero(x: Tensor): Tensor {
  const positive = x.greater(0);
  return where(positive, where(positive, x, 1).sqrt(), 0);
}

/** Products of halves, again and again: the gradient, made of products too, is exact where entries are zero. */
function product(this: Tensor, axes?: Axes, keep = false): Tensor {
  const list = normalizeAxes(axes, this.rank);
  const others = this.shape.map((_, i) => i).filter((i) => !list.includes(i));
  const kept = others.map((i) => this.shape[i]);
  let n = sizeOf(list.map((i) => this.shape[i]));
  let rows = this.transpose([...others, ...list]).reshape([...kept, n]);
  if (n === 0) rows = constant(1, [], this.dtype).broadcastTo([...kept, 1]);
  for (; n > 1; n = Math.ceil(n / 2)) {
    const half = n >> 1;
    const halves = rows.slice(-1, 0, half).mul(rows.slice(-1, half, 2 * half));
    rows = n % 2 === 0 ? halves : concat([halves, rows.slice(-1, n - 1)], -1);
  }
  return rows.reshape(keep ? this.shape.map((size, i) => (list.includes(i) ? 1 : size)) : kept);
}

function norm(this: Tensor, axes?: Axes, keep = false, order: 1 | 2 | typeof Infinity = 2): Tensor {
  if (order === 2) return rootOrZero(this.sumSquare(axes, keep));
  if (order === 1) return this.abs().sum(axes, keep);
  if (order === Infinity) return this.abs().max(axes, keep);
  throw new Error(`norm: the order is 1, 2 or Infinity, got ${order}.`);
}

const methods = {
  prod: product,
  norm,
  sum: reduction("Sum", "ReduceSum", ({ inputs: [x], dOut }) => dOut.broadcastTo(x.shape)),
  mean: reduction("Mean", "ReduceMean", ({ inputs: [x], dOut, attributes: { axes } }) =>
    dOut.mul(1 / sizeOf(axes.map((i) => x.shape[i]))).broadcastTo(x.shape),
  ),
  // The runtime's own ReduceSumSquare takes twice as long as these two
  sumSquare: reduction(
    "SumSquare",
    "ReduceSum",
    ({ inputs: [x], dOut }) => dOut.mul(2).mul(x),
    (g, x) => g.node("Mul", [x, x]),
  ),
  max: reduction("ReduceMax", "ReduceMax", extremumGrad),
  min: reduction("ReduceMin", "ReduceMin", extremumGrad),
  /** Population variance. */
  variance(this: Tensor, axes?: Axes, keep = false) {
    return this.sub(this.mean(axes, true)).square().mean(axes, keep);
  },
  std(this: Tensor, axes?: Axes, keep = false) {
    return rootOrZero(this.variance(axes, keep));
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
    /** Product of the entries; the gradient is right where some are zero. */
    prod(axes?: Axes, keep?: boolean): Tensor;
    /** Mean square of the deviations from the mean (divided by the count, as of a whole population), and its root. */
    variance(axes?: Axes, keep?: boolean): Tensor;
    /** The gradient is zero where all entries are equal. */
    std(axes?: Axes, keep?: boolean): Tensor;
    /**
     * Length of the vectors along the axes: √Σx² (order 2, the default), Σ|x| (1) or max |x| (Infinity). The gradient
     * of a zero vector is zero.
     */
    norm(axes?: Axes, keep?: boolean, order?: 1 | 2 | typeof Infinity): Tensor;
    logSumExp(axes?: Axes, keep?: boolean): Tensor;
  }
}
Object.assign(Tensor.prototype, methods);
