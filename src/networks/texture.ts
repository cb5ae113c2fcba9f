import { Random } from "../random/index.js";
import { concat, constant, type Tensor } from "../tensor/index.js";

/** Sides of the filters, and how many there are of each. */
const SIDES = [3, 5, 7];
const FILTERS = 32;

/** Filters [count, channels, side, side] of normal numbers, each with mean 0 and norm 1. */
function filters(channels: number, side: number): Tensor {
  const size = channels * side ** 2;
  const values = new Random(0, `texture ${side}`).normals(FILTERS * size);
  for (let i = 0; i < FILTERS; i++) {
    const one = values.subarray(i * size, (i + 1) * size);
    const mean = one.reduce((a, b) => a + b) / size;
    const norm = Math.sqrt(one.reduce((a, b) => a + (b - mean) ** 2, 0));
    for (let k = 0; k < size; k++) one[k] = (one[k] - mean) / norm;
  }
  return constant(values, [FILTERS, channels, side, side]);
}

/**
 * How much fine structure images [N, C, H, W] have, and of which kind, without any training: the rectified responses of
 * random filters of several sides at every place, their means over places and the roots of their mean squares, [N, S].
 */
export function texture(images: Tensor): Tensor {
  const [, channels] = images.shape;
  const responses = SIDES.map((side) => images.conv2d(filters(channels, side)).relu());
  const means = responses.map((map) => map.mean([2, 3]));
  return concat([...means, ...responses.map(meanPower([2, 3]))], 1);
}

/** Pixels from one to the next that a generator's upsampling may treat alike. */
const PERIOD = 4;

/**
 * What of images [N, C, H, W] comes again every four pixels along an axis: of each pixel less the mean around it, the mean
 * and the root of the mean square over all places that are alike modulo four, [N, 32·C]. Upsampling leaves a grid there.
 */
export function grid(images: Tensor): Tensor {
  const [n, c, h, w] = images.shape;
  const flat = images.reshape([n * c, 1, h, w]);
  const around = constant(new Float32Array(9).fill(1 / 9), [1, 1, 3, 3]);
  const detail = flat
    .slice(2, 1, h - 1)
    .slice(3, 1, w - 1)
    .sub(flat.conv2d(around));
  const [rows, columns] = [h - 2, w - 2].map((side) => Math.floor(side / PERIOD));
  const cells = detail
    .slice(2, 0, rows * PERIOD)
    .slice(3, 0, columns * PERIOD)
    .reshape([n, c, rows, PERIOD, columns, PERIOD]);
  return concat(
    [cells.mean([2, 4]), meanPower([2, 4])(cells)].map((x) => x.flatten(1)),
    1,
  );
}

/** Both, by name. */
export const fineStructure = (images: Tensor) => ({ texture: texture(images), grid: grid(images) });

const meanPower = (axes: number[]) => (map: Tensor) => map.square().mean(axes).add(1e-6).sqrt();
