import { constant } from "../leaves.js";
import { showShape } from "../shape.js";
import { defineOp, Tensor } from "../tensor.js";

type Pair = readonly [number, number];

/** Repeats each pixel of [N, C, H, W]; the adjoint sums each block, which is a mean times the block's area. */
const upsampleOp = defineOp<{ factors: Pair }>("Upsample", {
  shape: ([x], { factors }) => {
    if (x.rank !== 4) throw new Error(`needs [N, C, H, W], got ${showShape(x.shape)}`);
    if (factors.some((f) => !Number.isInteger(f) || f < 1))
      throw new Error(`factors must be positive integers, got ${showShape(factors)}`);
    return [x.shape[0], x.shape[1], x.shape[2] * factors[0], x.shape[3] * factors[1]];
  },
  onnx: (g, [x], { factors }) =>
    g.node("Resize", [x, "", g.float([1, 1, ...factors])], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    }),
  grad: ({ attributes: { factors }, dOut }) => [dOut.avgPool2d(factors).mul(factors[0] * factors[1])],
});

export interface ResizeOptions {
  /**
   * `nearest` takes pixel floor(i·from/to); `bilinear` interpolates between pixel centres (half-pixel, edges repeated).
   */
  mode?: "nearest" | "bilinear";
  /** Bilinear reduction averages over all pixels under the widened triangle instead of skipping some. */
  antialias?: boolean;
}

/** The [from, to] matrix by which a row of `from` pixels is resized to `to`. */
function resizeMatrix(from: number, to: number, { mode, antialias }: Required<ResizeOptions>): Tensor {
  const matrix = new Float32Array(from * to);
  for (let i = 0; i < to; i++) {
    const row = mode === "nearest" ? [[Math.floor((i * from) / to), 1] as const] : triangle(from, to, i, antialias);
    for (const [j, weight] of row) matrix[j * to + i] += weight;
  }
  return constant(matrix, [from, to]);
}

/**
 * Source pixels and weights of output pixel `i`, for a triangle of half-width 1, or from/to where an antialiased image
 * shrinks.
 */
function triangle(from: number, to: number, i: number, antialias: boolean): (readonly [number, number])[] {
  const scale = from / to;
  const reach = antialias ? Math.max(1, scale) : 1;
  const centre = (i + 0.5) * scale - 0.5;
  const taps: [number, number][] = [];
  for (let j = Math.ceil(centre - reach); j <= centre + reach; j++) {
    const weight = 1 - Math.abs(j - centre) / reach;
    if (antialias ? j >= 0 && j < from : true) taps.push([Math.min(Math.max(j, 0), from - 1), weight]);
  }
  const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
  return taps.map(([j, weight]) => [j, weight / total]);
}

declare module "../tensor.js" {
  interface Tensor {
    /** Each pixel of [N, C, H, W] repeated by integer factors. */
    upsample(factors: number | Pair): Tensor;
    /** [N, C, H, W] at another height and width; default nearest. */
    resize(size: Pair, options?: ResizeOptions): Tensor;
    /** [N, C·r², H, W] to [N, C, H·r, W·r] (pixel shuffle). */
    depthToSpace(block: number): Tensor;
    /** [N, C, H, W] to [N, C·r², H/r, W/r], the inverse of depthToSpace. */
    spaceToDepth(block: number): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  upsample(this: Tensor, factors: number | Pair) {
    const f: Pair = typeof factors === "number" ? [factors, factors] : factors;
    return f[0] === 1 && f[1] === 1 ? this : upsampleOp([this], { factors: f });
  },
  resize(this: Tensor, [h, w]: Pair, { mode = "nearest", antialias = false }: ResizeOptions = {}) {
    if (this.rank !== 4 || ![h, w].every((n) => Number.isInteger(n) && n > 0))
      throw new Error(
        `resize: needs [N, C, H, W] and a size of positive integers, got ${showShape(this.shape)} and ${showShape([h, w])}.`,
      );
    const [height, width] = this.shape.slice(2);
    if (mode === "nearest" && h % height === 0 && w % width === 0) return this.upsample([h / height, w / width]);
    const along = (from: number, to: number) => resizeMatrix(from, to, { mode, antialias });
    const wide = w === width ? this : this.matmul(along(width, w));
    return h === height ? wide : along(height, h).T.matmul(wide);
  },
  depthToSpace(this: Tensor, r: number) {
    const [n, c, h, w] = this.shape;
    if (this.rank !== 4 || c % (r * r) !== 0)
      throw new Error(`depthToSpace: ${showShape(this.shape)} needs [N, C·${r * r}, H, W].`);
    return this.reshape([n, c / (r * r), r, r, h, w])
      .transpose([0, 1, 4, 2, 5, 3])
      .reshape([n, c / (r * r), h * r, w * r]);
  },
  spaceToDepth(this: Tensor, r: number) {
    const [n, c, h, w] = this.shape;
    if (this.rank !== 4 || h % r !== 0 || w % r !== 0)
      throw new Error(`spaceToDepth: height and width of ${showShape(this.shape)} must be multiples of ${r}.`);
    return this.reshape([n, c, h / r, r, w / r, r])
      .transpose([0, 1, 3, 5, 2, 4])
      .reshape([n, c * r * r, h / r, w / r]);
  },
});
