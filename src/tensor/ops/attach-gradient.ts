import { sameShape, showShape } from "../shape.js";
import { defineOp, type Tensor } from "../tensor.js";

const attachGradientOp = defineOp("AttachGradient", {
  shape: ([value, x, cotangent]) => {
    if (value.size !== 1) throw new Error(`the value must be a scalar, not ${showShape(value.shape)}`);
    if (!sameShape(x.shape, cotangent.shape)) throw new Error("x and its cotangent must have the same shape");
    return value.shape;
  },
  onnx: (_, [value]) => value,
  grad: ({ inputs: [, , cotangent], dOut }) => [null, cotangent.stopGradient().mul(dOut), null],
});

/**
 * A scalar `value` whose gradient towards `x` is declared to be `cotangent` rather than derived; nothing else receives
 * one.
 */
export const attachGradient = (value: Tensor, x: Tensor, cotangent: Tensor): Tensor =>
  attachGradientOp([value, x, cotangent], undefined);
