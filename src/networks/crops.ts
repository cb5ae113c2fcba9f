import { concat, constant, type Tensor } from "../tensor/index.js";

/**
 * Images [N, C, H, W] a pixel smaller, [N, C, H − 1, W − 1], without the row and column that `corner` leaves out: weights
 * of the four corners, [4] for all images or [N, 4], of which one is 1. A network with strides that sees them at one corner
 * after another lets no fine grid pass that it could not see.
 */
export function cropAt(images: Tensor, corner: Tensor): Tensor {
  const [h, w] = images.shape.slice(2);
  const axis = corner.rank - 1;
  const weight = (k: number) => corner.slice(axis, k, k + 1).reshape(axis === 0 ? [1] : [corner.shape[0], 1, 1, 1]);
  return [0, 1, 2, 3]
    .map((k) => images.slice(2, k >> 1, h - 1 + (k >> 1)).slice(3, k & 1, w - 1 + (k & 1)))
    .map((crop, k) => crop.mul(weight(k)))
    .reduce((a, b) => a.add(b));
}

/** Images cropped each at the corner of its number modulo four. */
export function cropInTurn(images: Tensor): Tensor {
  const [n] = images.shape;
  const corners = Float32Array.from({ length: 4 * n }, (_, i) => (i % 4 === (i >> 2) % 4 ? 1 : 0));
  return cropAt(images, constant(corners, [n, 4]));
}

/**
 * Images [N, C, H, W] moved to one corner [4], as `cropAt` names it, by a pixel or not at all along each axis; the last row
 * and column come again where nothing is left. The first corner is where they are.
 */
export const shiftTo = (images: Tensor, corner: Tensor): Tensor =>
  cropAt(
    [2, 3].reduce((x, axis) => concat([x, x.slice(axis, -1)], axis), images),
    corner,
  );

/** The corners one after another: what `cropAt` and `shiftTo` take at step k. */
export const cornerAt = (k: number): Float32Array => Float32Array.from([0, 1, 2, 3], (i) => Number(i === k % 4));
