import { fillSmoothly } from "../src/media/fill.js";
import { Images } from "../src/media/images.js";
import { Random } from "../src/random/index.js";

/** Pictures spoiled in one way, and the simplest repair that knows nothing of other pictures. */
export interface Damage {
  damaged: Images;
  baseline: { name: string; images: Images };
  /** [height·width], 1 where pixels are lost. */
  mask?: Float32Array;
}

const same = ({ count, channels, height, width, labels }: Images, pixels: Float32Array) =>
  new Images(pixels, count, channels, height, width, labels);

const clip = (value: number) => Math.min(1, Math.max(-1, value));

/** Each pixel the mean of the square of that side around it. */
function boxBlur(images: Images, side: number): Images {
  const { pixels, height, width } = images;
  const [area, reach] = [height * width, (side - 1) / 2];
  const blurred = pixels.map((_, i) => {
    const [y, x, at] = [Math.floor(i / width) % height, i % width, i - (i % area)];
    let [sum, n] = [0, 0];
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++)
      for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++, n++)
        sum += pixels[at + v * width + u];
    return sum / n;
  });
  return same(images, blurred);
}

/** Noise of deviation 0.5 (of black to white 2), a 5×5 blur, and a hole of 3/7 of the sides in the middle. */
export const damages: Record<string, (images: Images) => Damage> = {
  noise(images) {
    const random = new Random(0, "damage");
    const damaged = same(
      images,
      images.pixels.map((value) => clip(value + 0.5 * random.normal())),
    );
    return { damaged, baseline: { name: "3×3 mean", images: boxBlur(damaged, 3) } };
  },
  blur(images) {
    const damaged = boxBlur(images, 5);
    const again = boxBlur(damaged, 5).pixels;
    const sharpened = damaged.pixels.map((value, i) => clip(2 * value - again[i]));
    return { damaged, baseline: { name: "unsharp mask", images: same(images, sharpened) } };
  },
  hole(images) {
    const { height, width } = images;
    const inside = (at: number, side: number) => at >= (2 * side) / 7 && at < (5 * side) / 7;
    const mask = Float32Array.from({ length: height * width }, (_, i) =>
      inside(Math.floor(i / width), height) && inside(i % width, width) ? 1 : 0,
    );
    const lost = (i: number) => mask[i % mask.length] === 1;
    const damaged = same(
      images,
      images.pixels.map((value, i) => (lost(i) ? 0 : value)),
    );
    return { damaged, mask, baseline: { name: "smooth filling", images: same(images, fillSmoothly(damaged, lost)) } };
  },
};

/** Of each picture the exemplar [size] that is nearest in the known pixels; only what is lost is taken from it. */
export function nearestExemplars(images: Images, exemplars: Float32Array, mask?: Float32Array): Images {
  const { pixels, count } = images;
  const size = pixels.length / count;
  const result = pixels.slice();
  const lost = (k: number) => mask?.[k % mask.length] === 1;
  const known = Array.from({ length: size }, (_, k) => k).filter((k) => !lost(k));
  for (let i = 0; i < pixels.length; i += size) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let j = 0; j < exemplars.length; j += size) {
      let squares = 0;
      for (const k of known) {
        squares += (pixels[i + k] - exemplars[j + k]) ** 2;
        if (squares >= least) break;
      }
      if (squares < least) [best, least] = [j, squares];
    }
    for (let k = 0; k < size; k++) if (!mask || lost(k)) result[i + k] = exemplars[best + k];
  }
  return same(images, result);
}

/** Mean over pictures of the peak signal-to-noise ratio in dB against the originals. */
export function psnr({ pixels, count }: Images, original: Images): number {
  const size = pixels.length / count;
  let sum = 0;
  for (let i = 0; i < pixels.length; i += size) {
    let squares = 0;
    for (let k = i; k < i + size; k++) squares += ((pixels[k] - original.pixels[k]) / 2) ** 2;
    sum -= 10 * Math.log10(Math.max(squares / size, 1e-10));
  }
  return sum / count;
}
