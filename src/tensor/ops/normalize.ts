import { normalizeAxis } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";

const softmaxOp = defineOp<{ axis: number }>("Softmax", {
  shape: ([x]) => x.shape,
  onnx: (g, [x], { axis }) => g.node("Softmax", [x], { axis }),
  grad: ({ output, dOut, attributes: { axis } }) => {
    const weighted = dOut.mul(output);
    return [weighted.sub(output.mul(weighted.sum(axis, true)))];
  },
});
const logSoftmaxOp = defineOp<{ axis: number }>("LogSoftmax", {
  shape: ([x]) => x.shape,
  onnx: (g, [x], { axis }) => g.node("LogSoftmax", [x], { axis }),
  grad: ({ output, dOut, attributes: { axis } }) => [dOut.sub(output.exp().mul(dOut.sum(axis, true)))],
});

declare module "../tensor.js" {
  interface Tensor {
    softmax(axis?: number): Tensor;
    logSoftmax(axis?: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  softmax(this: Tensor, axis = -1) {
    return softmaxOp([this], { axis: normalizeAxis(axis, this.rank) });
  },
  logSoftmax(this: Tensor, axis = -1) {
    return logSoftmaxOp([this], { axis: normalizeAxis(axis, this.rank) });
  },
});
