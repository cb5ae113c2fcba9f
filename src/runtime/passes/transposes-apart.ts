import type { Tensor } from "../../tensor/tensor.js";
import type { Pass } from "./rewrite.js";

/** Where the native runtime gains by it (measured): few columns, which many rows are summed over. */
const [ROWS, COLUMNS] = [1024, 512];

/**
 * aᵀ·b with a tall a, as the gradient of a weight is: aᵀ is made once, before the product. The runtime would fold the
 * transposition into the product and transpose the same block of a again for every block of b; between reshapes it does
 * not find it. Several products with one aᵀ share it.
 */
export const transposesApart: Pass = (node) => {
  const [left, right] = node.inputs;
  if (node.op.name !== "MatMul" || left.op.name !== "Transpose" || left.rank !== 2) return node;
  const [a] = left.inputs;
  const [rows, columns] = a.shape;
  return rows >= ROWS && columns <= COLUMNS ? apart(a).matmul(right) : node;
};

const apart = (a: Tensor): Tensor =>
  a
    .reshape([...a.shape, 1])
    .transpose([1, 0, 2])
    .reshape(a.shape.toReversed());
