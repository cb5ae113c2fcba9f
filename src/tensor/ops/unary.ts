import { constant } from "../leaves.js";
import { defineOp, type GradContext, type GraphBuilder, Tensor } from "../tensor.js";
import { where } from "./compare.js";

/** Defines a float op of one input, applied to each element; `derivative` gives the cotangent of the input. */
export function unary(
  name: string,
  derivative: (context: GradContext<undefined>) => Tensor | null,
  onnx: (g: GraphBuilder, x: string) => string = (g, x) => g.node(name, [x]),
) {
  const apply = defineOp(name, {
    shape: ([x]) => x.shape,
    onnx: (g, [x]) => onnx(g, x),
    grad: (context) => [derivative(context)],
  });
  return function (this: Tensor) {
    return apply([this], undefined);
  };
}

const methods = {
  neg: unary("Neg", ({ dOut }) => dOut.neg()),
  abs: unary("Abs", ({ inputs: [x], dOut }) => dOut.mul(x.sign())),
  sign: unary("Sign", () => null),
  floor: unary("Floor", () => null),
  round: unary("Round", () => null),
  exp: unary("Exp", ({ output, dOut }) => dOut.mul(output)),
  log: unary("Log", ({ inputs: [x], dOut }) => dOut.div(x)),
  sqrt: unary("Sqrt", ({ output, dOut }) => dOut.div(output).mul(0.5)),
  reciprocal: unary("Reciprocal", ({ output, dOut }) => dOut.mul(output.square()).neg()),
  square: unary(
    "Square",
    ({ inputs: [x], dOut }) => dOut.mul(x).mul(2),
    (g, x) => g.node("Mul", [x, x]),
  ),
  erf: unary("Erf", ({ inputs: [x], dOut }) =>
    dOut.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
  ),
  relu: unary("Relu", ({ inputs: [x], dOut }) => where(x.greater(0), dOut, 0)),
  sigmoid: unary("Sigmoid", ({ output, dOut }) => dOut.mul(output.mul(output.neg().add(1)))),
  tanh: unary("Tanh", ({ output, dOut }) => dOut.mul(output.square().neg().add(1))),
  softplus: unary("Softplus", ({ inputs: [x], dOut }) => dOut.mul(x.sigmoid())),
  // With s = sigmoid(x) and y = x·s: dy/dx = s + x·s·(1 − s) = s·(1 + x − y).
  silu: unary(
    "Silu",
    ({ inputs: [x], output, dOut }) => dOut.mul(x.sub(output).add(1).mul(x.sigmoid())),
    (g, x) => g.node("Mul", [x, g.node("Sigmoid", [x])]),
  ),
  // With u = x/√2: dy/dx = Φ(x) + x·φ(x) = ½·(1 + erf u + u·2/√π·exp(−u²)).
  gelu: unary("Gelu", ({ inputs: [x], dOut }) => {
    const u = x.mul(Math.SQRT1_2);
    const density = constant(Math.log(2 / Math.sqrt(Math.PI)))
      .sub(u.square())
      .exp();
    return dOut.mul(0.5).mul(u.erf().add(u.mul(density)).add(1));
  }),
  // y = x·(1 + t)/2 with t = tanh(c·(x + a·x³)): dy/dx = (1 + t)/2 + x·(1 − t²)·c·(1 + 3a·x²)/2.
  geluTanh: unary(
    "GeluTanh",
    ({ inputs: [x], dOut }) => {
      const [a, c] = [0.044715, Math.sqrt(2 / Math.PI)];
      const square = x.square();
      const t = x.mul(square.mul(a * c).add(c)).tanh();
      const slope = t
        .square()
        .neg()
        .add(1)
        .mul(x)
        .mul(square.mul(1.5 * a * c).add(0.5 * c));
      return dOut.mul(t.mul(0.5).add(0.5).add(slope));
    },
    (g, x) => g.node("Gelu", [x], { approximate: "tanh" }),
  ),
};

const stopGradientOp = defineOp("StopGradient", {
  shape: ([x]) => x.shape,
  onnx: (_, [x]) => x,
  grad: () => [],
});
const straightThroughOp = defineOp("StraightThrough", {
  shape: ([value, surrogate]) => {
    if (String(value.shape) !== String(surrogate.shape))
      throw new Error("value and surrogate must have the same shape");
    return value.shape;
  },
  onnx: (_, [value]) => value,
  grad: ({ dOut }) => [null, dOut],
});

/** The value of `value`, the gradient of `surrogate` (straight-through estimator). */
export const straightThrough = (value: Tensor, surrogate: Tensor): Tensor =>
  straightThroughOp([value, surrogate], undefined);

declare module "../tensor.js" {
  interface Tensor {
    neg(): Tensor;
    abs(): Tensor;
    /** −1, 0 or 1; no gradient flows. */
    sign(): Tensor;
    floor(): Tensor;
    /** Nearest integer, halves to even; no gradient flows. */
    round(): Tensor;
    exp(): Tensor;
    log(): Tensor;
    sqrt(): Tensor;
    reciprocal(): Tensor;
    square(): Tensor;
    erf(): Tensor;
    relu(): Tensor;
    sigmoid(): Tensor;
    tanh(): Tensor;
    /** log(1 + eˣ). */
    softplus(): Tensor;
    /** log sigmoid(x), without overflow. */
    logSigmoid(): Tensor;
    /** x·sigmoid(x). */
    silu(): Tensor;
    /** x·Φ(x), exact (erf) form. */
    gelu(): Tensor;
    /** The tanh approximation of gelu, for weights trained with it. */
    geluTanh(): Tensor;
    /** The same values, a constant for differentiation. */
    stopGradient(): Tensor;
    /** A tensor of this shape filled with a number. */
    fullLike(value: number): Tensor;
  }
}
Object.assign(Tensor.prototype, methods, {
  stopGradient(this: Tensor) {
    return stopGradientOp([this], undefined);
  },
  logSigmoid(this: Tensor) {
    return this.neg().softplus().neg();
  },
  fullLike(this: Tensor, value: number) {
    return constant(value).broadcastTo(this.shape);
  },
});
