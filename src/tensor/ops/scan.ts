import { normalizeAxis } from "../shape.js";
import { type ApplyOp, defineOp, Tensor } from "../tensor.js";

interface CumulativeSumAttributes {
  axis: number;
  reverse: boolean;
}
const cumulativeSumOp: ApplyOp<CumulativeSumAttributes> = defineOp<CumulativeSumAttributes>("CumulativeSum", {
  shape: ([x]) => x.shape,
  onnx: (g, [x], { axis, reverse }) => g.node("CumSum", [x, g.int64(axis)], { reverse: Number(reverse) }),
  grad: ({ attributes: { axis, reverse }, dOut }) => [cumulativeSumOp([dOut], { axis, reverse: !reverse })],
});

declare module "../tensor.js" {
  interface Tensor {
    /** Running sums along an axis, each including its own entry; `reverse` runs from the end. */
    cumulativeSum(axis?: number, options?: { reverse?: boolean }): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  cumulativeSum(this: Tensor, axis = -1, { reverse = false } = {}) {
    return cumulativeSumOp([this], { axis: normalizeAxis(axis, this.rank), reverse });
  },
});
