import { type ImageDataset, toFloat } from "../../data/index.js";
import { encodeGrid } from "../../io/images.js";
import type { ImageDiagnosis } from "./images.js";
import type { Pictures } from "./report.js";

const MOST = 12;

/** Images of a diagnosis side by side; small ones twice as large. */
export const imagePictures = ({ sampled, samples, real }: ImageDiagnosis, dataset: ImageDataset): Pictures => ({
  most: MOST,
  png(from, rows) {
    const { channels, height, width } = samples;
    const size = channels * height * width;
    const pixels =
      from === "real"
        ? toFloat(
            dataset[real.split],
            rows.map((row) => real.rows[row]),
          )
        : new Float32Array(rows.length * size);
    if (from === "samples")
      for (const [i, row] of rows.entries()) pixels.set(sampled.subarray(row * size, (row + 1) * size), i * size);
    return encodeGrid("png", pixels, [rows.length, channels, height, width], {
      columns: MOST,
      scale: width <= 32 ? 2 : 1,
    });
  },
});
