import type { ImageDataset, ImageSplit } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

/** Small pictures of two classes, a bright disc or a bright cross at a random place, drawn rather than fetched. */
export function shapes({ count = 96, size = 16, channels = 1 as 1 | 3, labelled = true } = {}): ImageDataset {
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
