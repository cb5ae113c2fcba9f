import { sameShape, showShape } from "../shape.js";
import { defineOp, type Tensor } from "../tensor.js";

/** Inputs: the value, tensors, and the cotangent of each; `derived`: these are differentiated themselves. */
const attachGradientOp = defineOp<{ derived: boolean }>("AttachGradient", {
  shape: ([value, ...rest]) => {
    if (value.size !== 1) throw new Error(`the value must be a scalar, not ${showShape(value.shape)}`);
    const half = rest.length / 2;
    if (!rest.slice(0, half).every(({ shape }, i) => sameShape(shape, rest[half + i].shape)))
      throw new Error("x and its cotangent must have the same shape");
    return value.shape;
  },
  onnx: (_, [value]) => value,
  grad: ({ inputs: [, ...rest], attributes: { derived }, dOut, needs }) => {
    const half = rest.length / 2;
    const cotangents = rest
      .slice(half)
      .map((t, i) => (needs(i + 1) ? (derived ? t : t.stopGradient()).mul(dOut.reshape([])) : null));
    return [null, ...cotangents, ...cotangents.map(() => null)];
  },
});

/**
 * A scalar `value` whose gradients towards some tensors are these cotangents, which are made of the same tensors, so that
 * they have derivatives of their own; nothing else receives one.
 */
export const attachGradients = (value: Tensor, pairs: readonly (readonly [x: Tensor, cotangent: Tensor])[]): Tensor =>
  attachGradientOp([value, ...pairs.map(([x]) => x), ...pairs.map(([, cotangent]) => cotangent)], { derived: true });

/**
 * A scalar `value` whose gradient towards `x` is declared to be `cotangent` rather than derived; nothing else receives
 * one.
 */
export const attachGradient = (value: Tensor, x: Tensor, cotangent: Tensor): Tensor =>
  attachGradientOp([value, x, cotangent], { derived: false });
