import { showShape } from "../shape.js";
import { requireTensor, Tensor } from "../tensor.js";

declare module "../tensor.js" {
  interface Tensor {
    /**
     * Euclidean distances of rows, [.., N, D] by [.., M, D] to [.., N, M]: √max(|x|² + |y|² − 2x·y, ε), after a common
     * mean is subtracted to keep float32 exact. No gradient flows where the squared distance is below ε (> 0).
     */
    cdist(other: Tensor, epsilon?: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  cdist(this: Tensor, other: Tensor, epsilon = 1e-12) {
    requireTensor(other, "cdist: the other set of rows");
    const width = this.shape[this.rank - 1];
    if (this.rank < 2 || other.rank < 2 || other.shape[other.rank - 1] !== width)
      throw new Error(
        `cdist: needs [.., N, D] and [.., M, D], got ${showShape(this.shape)} and ${showShape(other.shape)}.`,
      );
    if (!(epsilon > 0)) throw new Error(`cdist: epsilon must be positive, got ${epsilon}.`);
    const centre = other.mean(-2, true).stopGradient();
    const [x, y] = [this.sub(centre), other.sub(centre)];
    const squared = x.mul(-2).matmul(y.T).add(x.sumSquare(-1, true)).add(y.sumSquare(-1, true).T);
    return squared.clamp(epsilon, Infinity).sqrt();
  },
});
