import { broadcastShapes, sameShape, showShape } from "../shape.js";
import { requireTensor, Tensor } from "../tensor.js";

declare module "../tensor.js" {
  interface Tensor {
    /**
     * Zeros entries whose noise is below `rate` (in [0, 1)) and divides the others by 1 − rate. The noise is uniform in
     * [0, 1) and is fed, from `Random.fillUniform`, so that every device drops the same; of this shape, or broadcast
     * to it ([B, 1, 1] drops whole samples of [B, N, D]).
     */
    dropout(rate: number, noise: Tensor): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  dropout(this: Tensor, rate: number, noise: Tensor) {
    requireTensor(noise, "dropout: the noise");
    if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: the rate must be in [0, 1), got ${rate}.`);
    if (!sameShape(broadcastShapes(this.shape, noise.shape), this.shape))
      throw new Error(`dropout: noise ${showShape(noise.shape)} does not broadcast to ${showShape(this.shape)}.`);
    return this.mul(
      noise
        .greaterOrEqual(rate)
        .cast("float32")
        .mul(1 / (1 - rate)),
    );
  },
});
