import type { ImageDataset, ImageSplit } from "../../src/data/index.js";
import type { Channels } from "../../src/io/channels.js";
import { Random } from "../../src/random/index.js";

/** Small pictures of two classes, a bright disc or a bright cross at a random place, drawn rather than fetched. */
export function shapes({ count = 96, size = 16, channels = 1 as Channels, labelled = true } = {}): ImageDataset {
  const split = (n: number, name: string): ImageSplit => {
    const random = new Random(7, name);
    const pixels = new Uint8Array(n * size * size * channels).fill(20);
    const labels = new Uint16Array(n);
    for (let i = 0; i < n; i++) {
      labels[i] = i % 2;
      const [x0, y0] = [4 + random.integer(size - 8), 4 + random.integer(size - 8)];
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const [dx, dy] = [Math.abs(x - x0), Math.abs(y - y0)];
          const on = labels[i] === 0 ? dx * dx + dy * dy <= 9 : (dx <= 3 && dy === 0) || (dy <= 3 && dx === 0);
          if (on) for (let c = 0; c < channels; c++) pixels[((i * size + y) * size + x) * channels + c] = 230 - 60 * c;
        }
    }
    return { count: n, pixels, labels: labelled ? labels : null, channels };
  };
  return {
    id: "shapes",
    kind: "images",
    height: size,
    width: size,
    channels,
    classNames: labelled ? ["disc", "cross"] : null,
    train: split(count, "train"),
    test: split(Math.ceil(count / 4), "test"),
    licence: "none needed",
    attribution: "drawn by the tests",
  };
}

/** Pictures of one colour each, red, green or blue by their class, somewhat darker or lighter: shares 1 : 2 : 3. */
export function colours({ count = 96, size = 8 } = {}): ImageDataset {
  const split = (n: number, name: string): ImageSplit => {
    const random = new Random(8, name);
    const labels = Uint16Array.from({ length: n }, (_, i) => [0, 1, 1, 2, 2, 2][i % 6]);
    const bright = Array.from(labels, () => 180 + random.integer(60));
    const pixels = Uint8Array.from({ length: n * size * size * 3 }, (_, j) => {
      const i = Math.floor(j / (size * size * 3));
      return j % 3 === labels[i] ? bright[i] : 30;
    });
    return { count: n, pixels, labels, channels: 3 };
  };
  return {
    ...shapes({ count: 2, size: 12 }),
    id: "colours",
    height: size,
    width: size,
    channels: 3,
    classNames: ["red", "green", "blue"],
    train: split(count, "train"),
    test: split(Math.ceil(count / 4), "test"),
  };
}

/** Of each image [count, 3, height, width] the mean of its three channels. */
export const meanColours = ({ pixels, count }: { pixels: Float32Array; count: number }): number[][] => {
  const area = pixels.length / count / 3;
  const channel = (at: number) => pixels.subarray(at * area, (at + 1) * area).reduce((sum, x) => sum + x, 0) / area;
  return Array.from({ length: count }, (_, i) => [channel(3 * i), channel(3 * i + 1), channel(3 * i + 2)]);
};
