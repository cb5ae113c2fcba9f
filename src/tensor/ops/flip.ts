import { normalizeAxes, normalizeAxis } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";
import { concat } from "./layout.js";

const flipOp = defineOp<{ axes: readonly number[] }>("Flip", {
  shape: ([x]) => x.shape,
  onnx: (g, [x], { axes }) => {
    const all = (value: number) => g.int64(axes.map(() => value));
    return g.node("Slice", [x, all(-1), all(-(2 ** 31)), g.int64([...axes]), all(-1)]);
  },
  grad: ({ attributes: { axes }, dOut }) => [dOut.flip(axes)],
});

declare module "../tensor.js" {
  interface Tensor {
    /** Reversed along the given axes. */
    flip(axes: number | readonly number[]): Tensor;
    /** Borders that mirror the tensor about its edge entries, which are not repeated. */
    padReflect(axis: number, before: number, after: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  flip(this: Tensor, axes: number | readonly number[]) {
    return flipOp([this], { axes: normalizeAxes(axes, this.rank) });
  },
  padReflect(this: Tensor, axis: number, before: number, after: number) {
    const n = this.shape[normalizeAxis(axis, this.rank)];
    if (before < 0 || after < 0 || before >= n || after >= n)
      throw new Error(
        `padReflect: borders ${before} and ${after} must be at least 0 and less than the ${n} entries of axis ${axis}.`,
      );
    const mirrored = (from: number, count: number) =>
      count > 0 ? [this.slice(axis, from, from + count).flip(axis)] : [];
    return concat([...mirrored(1, before), this, ...mirrored(n - 1 - after, after)], axis);
  },
});
