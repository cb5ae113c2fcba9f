import { broadcastShapes, showShape } from "../shape.js";
import { defineOp, requireTensor, Tensor } from "../tensor.js";

const swap = (t: Tensor) => t.transpose();

const matmulOp = defineOp("MatMul", {
  shape: ([a, b]) => {
    if (a.rank < 2 || b.rank < 2 || a.shape[a.rank - 1] !== b.shape[b.rank - 2])
      throw new Error(`inner sizes differ: ${showShape(a.shape)} by ${showShape(b.shape)}`);
    return [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), a.shape[a.rank - 2], b.shape[b.rank - 1]];
  },
  onnx: (g, [a, b]) => g.node("MatMul", [a, b]),
  grad: ({ inputs: [a, b], dOut, needs }) => [
    needs(0)
      ? gradOf(
          a,
          () => dOut.matmul(swap(b)),
          () => b.matmul(swap(dOut)),
        )
      : null,
    needs(1)
      ? gradOf(
          b,
          () => swap(a).matmul(dOut),
          () => swap(dOut).matmul(a),
        )
      : null,
  ],
});

/**
 * The cotangent of a factor, or, where that is itself a transposed matrix, its transpose swapped back: two swaps
 * cancel.
 */
function gradOf(factor: Tensor, direct: () => Tensor, transposed: () => Tensor): Tensor {
  const { op, rank, attributes } = factor;
  const swapped =
    op.name === "Transpose" && attributes.order.every((axis: number, i: number) => axis === swappedAxis(i, rank));
  return (swapped ? swap(transposed()) : direct()).sumTo(factor.shape);
}
const swappedAxis = (i: number, rank: number) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i);

declare module "../tensor.js" {
  interface Tensor {
    /** Matrix product of the last two axes, [.., M, K] by [.., K, N]; leading axes broadcast. */
    matmul(other: Tensor): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  matmul(this: Tensor, other: Tensor): Tensor {
    requireTensor(other, "matmul: the other factor");
    if (other.rank === 2 && this.rank > 2)
      return this.flatten(0, -2)
        .matmul(other)
        .reshape([...this.shape.slice(0, -1), other.shape[1]]);
    return matmulOp([this, other], undefined);
  },
});
