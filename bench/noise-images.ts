import { Random } from "../src/core.js";
import type { ImageDataset, ImageSplit } from "../src/data/index.js";

/** Grey noise of Fashion-MNIST's shape, ten classes: nothing is fetched, and the time of a step does not depend on it. */
export function noiseImages(count: number): ImageDataset {
  const split = (count: number, name: string): ImageSplit => {
    const random = new Random(1, name);
    return {
      ...{ count, channels: 1, labels: Uint16Array.from({ length: count }, (_, i) => i % 10) },
      pixels: Uint8Array.from({ length: count * 784 }, () => random.integer(256)),
    };
  };
  return {
    ...{ id: "noise", kind: "images", height: 28, width: 28, channels: 1 },
    classNames: Array.from({ length: 10 }, (_, i) => `class ${i}`),
    ...{ train: split(count, "train"), test: split(100, "test"), licence: "none needed", attribution: "drawn" },
  };
}
