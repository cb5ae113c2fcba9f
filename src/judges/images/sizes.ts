import type { ImageDataset } from "../../data/index.js";
import { toByte } from "../../io/grid.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Images } from "../../media/images.js";
import { imageSize } from "../../models/files.js";
import type { ImageGenerator } from "../../models/generator.js";

const sizeOf = ({ width, height, channels }: Pick<ImageDataset, "width" | "height" | "channels">): string =>
  `${width}×${height}×${channels}`;

/** Refuses data of another size than a model draws. @throws WrongUse */
export function requireSameSize({ config }: ImageGenerator, dataset: ImageDataset): void {
  const image = imageSize(config);
  if (sizeOf(image) !== sizeOf(dataset))
    throw new WrongUse(
      `${config.name} draws images of ${sizeOf(image)}, but ${dataset.id} has ${sizeOf(dataset)}; they cannot be compared.`,
    );
}

/** Refuses images of another size than the data's. @throws Error */
export function requireComparable(images: Images, dataset: ImageDataset): void {
  if (sizeOf(images) !== sizeOf(dataset))
    throw new Error(
      `The images are of ${sizeOf(images)}, but ${dataset.id} has ${sizeOf(dataset)}; they cannot be compared.`,
    );
}

/** Pixels in [−1, 1] as an image file keeps them. */
export const roundToBytes = (pixels: Float32Array): Float32Array => pixels.map((x) => toByte(x) / 127.5 - 1);
