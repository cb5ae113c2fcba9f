import { type GraphBuilder, Tensor } from "../tensor.js";
import { unary } from "./unary.js";

/** π as three floats of at most 12, 12 and 24 bits, so that small multiples of the first two are exact. */
const PI_PARTS = [3.140625, 0.0009670257568359375, 6.277114152908325e-7];
/** sin r ≈ r + r³·(c₀ + c₁r² + …) on [−π/2, π/2], Taylor coefficients from −1/3! to −1/11!. */
const COEFFICIENTS = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800];

/**
 * sin(x + offset·π), offset 0 or ½: with n the integer nearest to x/π + offset, (−1)ⁿ·sin(x − (n − offset)·π). GPUs'
 * own sine is accurate to 2⁻¹¹ only and undefined for large arguments; this one is accurate to 10⁻⁶ up to |x| of 10⁴
 * everywhere.
 */
function sine(g: GraphBuilder, x: string, offset: 0 | 0.5): string {
  const binary = (op: string) => (a: string, b: string | number) =>
    g.node(op, [a, typeof b === "number" ? g.float(b) : b]);
  const [add, sub, mul] = [binary("Add"), binary("Sub"), binary("Mul")];
  const turns = mul(x, 1 / Math.PI);
  const n = g.node("Round", [offset ? add(turns, offset) : turns]);
  const multiple = offset ? sub(n, offset) : n;
  const r = PI_PARTS.reduce((rest, part) => sub(rest, mul(multiple, part)), x);
  const square = mul(r, r);
  const series = COEFFICIENTS.reduceRight((sum, c) => (sum ? add(mul(sum, square), c) : g.float(c)), "");
  const value = add(r, mul(mul(r, square), series));
  const odd = sub(n, mul(g.node("Floor", [mul(n, 0.5)]), 2));
  return mul(value, add(mul(odd, -2), 1));
}

const methods = {
  sin: unary(
    "Sin",
    ({ inputs: [x], dOut }) => dOut.mul(x.cos()),
    (g, x) => sine(g, x, 0),
  ),
  cos: unary(
    "Cos",
    ({ inputs: [x], dOut }) => dOut.mul(x.sin()).neg(),
    (g, x) => sine(g, x, 0.5),
  ),
  tan: unary("Tan", ({ output, dOut }) => dOut.mul(output.square().add(1))),
  asin: unary("Asin", ({ inputs: [x], dOut }) => dOut.div(x.square().neg().add(1).sqrt())),
  acos: unary("Acos", ({ inputs: [x], dOut }) => dOut.div(x.square().neg().add(1).sqrt()).neg()),
  atan: unary("Atan", ({ inputs: [x], dOut }) => dOut.div(x.square().add(1))),
};

declare module "../tensor.js" {
  interface Tensor {
    /** Of angles in radians, up to about 10⁴ in magnitude. */
    sin(): Tensor;
    cos(): Tensor;
    tan(): Tensor;
    /** Inverse functions; asin and acos take [−1, 1], and their gradients are infinite at its ends. */
    asin(): Tensor;
    acos(): Tensor;
    atan(): Tensor;
  }
}
Object.assign(Tensor.prototype, methods);
