import { broadcastShapes, showShape } from "../shape.js";
import { Tensor, defineOp } from "../tensor.js";

const swap = (t: Tensor) => t.transpose();

const matmulOp = defineOp("MatMul", {
  shape: ([a, b]) => {
    if (a.rank < 2 || b.rank < 2 || a.shape[a.rank - 1] !== b.shape[b.rank - 2])
      throw new Error(`inner sizes differ: ${showShape(a.shape)} by ${showShape(b.shape)}`);
    return [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), a.shape[a.rank - 2], b.shape[b.rank - 1]];
  },
  onnx: (g, [a, b]) => g.node("MatMul", [a, b]),
  grad: ({ inputs: [a, b], dOut, needs }) => [
    needs(0) ? matmulBackLeft(a, b, dOut) : null,
    needs(1) ? matmulBackRight(a, b, dOut) : null,
  ],
});

const matmulBackLeft = (a: Tensor, b: Tensor, dOut: Tensor) => dOut.matmul(swap(b)).sumTo(a.shape);

/** For a shared matrix under a batch of rows, one product over all rows instead of a batch of products and a sum. */
function matmulBackRight(a: Tensor, b: Tensor, dOut: Tensor) {
  if (b.rank === 2 && a.rank > 2) return swap(a.flatten(0, -2)).matmul(dOut.flatten(0, -2));
  return swap(a).matmul(dOut).sumTo(b.shape);
}

declare module "../tensor.js" {
  interface Tensor {
    /**
     * Matrix product of the last two axes, [.., M, K] by [.., K, N]; leading axes broadcast. A bias [N] is added to every row,
     * which for a matrix [K, N] costs no pass of its own.
     */
    matmul(other: Tensor, bias?: Tensor): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  matmul(this: Tensor, other: Tensor, bias?: Tensor): Tensor {
    if (other.rank === 2 && this.rank > 2)
      return this.flatten(0, -2).matmul(other, bias).reshape([...this.shape.slice(0, -1), other.shape[1]]);
    const product = matmulOp([this, other], undefined);
    return bias ? product.add(bias) : product;
  },
});
