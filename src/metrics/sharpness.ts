import type { Features } from "./features.js";
import { mean } from "./quantile.js";

/** How a flattened image is laid out: rows of pixels with their channels together ("HWC"), or one plane per channel. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
  layout: "HWC" | "CHW";
}

/** Mean |difference| of horizontally and of vertically adjacent pixels, averaged, of each image: [count]. */
export function pixelGradients(images: Features, shape: ImageShape): Float64Array {
  const { height, width, channels, layout } = shape;
  if (height * width * channels !== images.dim)
    throw new RangeError(`Images of ${images.dim} numbers are not ${height} × ${width} × ${channels}.`);
  if (height < 2 || width < 2)
    throw new RangeError(`Pixel gradients need images of 2 × 2 at least, not ${height} × ${width}.`);
  const [dx, dy, dc] = layout === "HWC" ? [channels, width * channels, 1] : [1, width, height * width];
  return Float64Array.from({ length: images.count }, (_, n) => {
    const image = images.data.subarray(n * images.dim, (n + 1) * images.dim);
    let horizontal = 0;
    let vertical = 0;
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const at = c * dc + y * dy + x * dx;
          if (x + 1 < width) horizontal += Math.abs(image[at + dx] - image[at]);
          if (y + 1 < height) vertical += Math.abs(image[at + dy] - image[at]);
        }
    return (horizontal / (height * (width - 1) * channels) + vertical / ((height - 1) * width * channels)) / 2;
  });
}

/** Mean pixel gradient of the samples over that of the reference: below 1 is blurred, above 1 noisy. */
export function sharpness(samples: Features, reference: Features, shape: ImageShape): number {
  return mean(pixelGradients(samples, shape)) / mean(pixelGradients(reference, shape));
}
