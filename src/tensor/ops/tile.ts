import { showShape, sizeOf } from "../shape.js";
import { Tensor } from "../tensor.js";

declare module "../tensor.js" {
  interface Tensor {
    /** Repeated whole, `repeats[i]` (≥ 1) times along axis i: [2, 3] tiled by [1, 2] is [2, 6]. */
    tile(repeats: readonly number[]): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  tile(this: Tensor, repeats: readonly number[]) {
    if (!Array.isArray(repeats) || repeats.length !== this.rank || !repeats.every((n) => Number.isInteger(n) && n > 0))
      throw new Error(`tile: ${showShape(this.shape)} needs ${this.rank} whole numbers ≥ 1, got ${String(repeats)}.`);
    return repeats.reduce<Tensor>((x, times, axis) => {
      if (times === 1) return x;
      const [before, rest] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))];
      const shape = x.shape.with(axis, x.shape[axis] * times);
      return x.reshape([before, 1, rest]).broadcastTo([before, times, rest]).reshape(shape);
    }, this);
  },
});
