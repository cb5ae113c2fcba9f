import { moments } from "../../networks/pooling.js";
import { fineStructure } from "../../networks/texture.js";
import type { Tensor } from "../../tensor/index.js";

/** One feature family of a batch of images: `vectors` [N, V, S], each of the V places a drifting problem of its own. */
export interface Family {
  name: string;
  vectors: Tensor;
}

const wholeImage = (map: Tensor): Tensor => map.flatten(1).unsqueeze(1);

/** Non-overlapping size×size cells of [N, C, H, W] as [N, C, H/size, W/size, size²]. */
function cells(map: Tensor, size: number): Tensor {
  const [n, c, h, w] = map.shape;
  return map
    .reshape([n, c, h / size, size, w / size, size])
    .transpose([0, 1, 2, 4, 3, 5])
    .reshape([n, c, h / size, w / size, size * size]);
}

/**
 * Pixel families of images [N, C, H, W]: the raw image; its differences; means and deviations of 2×2 and 4×4 cells
 * (each one vector); of half-image cells (four places); and quarter-image patches (sixteen places). Sides must be
 * divisible by 4.
 */
export function pixelFamilies(images: Tensor): Family[] {
  const [n, c, h, w] = images.shape;
  const families: Family[] = [
    { name: "pixels", vectors: wholeImage(images) },
    { name: "dx", vectors: wholeImage(images.slice(3, 1).sub(images.slice(3, 0, -1))) },
    { name: "dy", vectors: wholeImage(images.slice(2, 1).sub(images.slice(2, 0, -1))) },
  ];
  for (const size of [2, 4]) {
    const { mean, std } = moments(cells(images, size), -1);
    families.push({ name: `mean${size}`, vectors: wholeImage(mean) }, { name: `std${size}`, vectors: wholeImage(std) });
  }
  if (h === w) {
    const { mean, std } = moments(cells(images, h / 2), -1); // [N, C, 2, 2]
    const places = (t: Tensor) => t.flatten(2).T; // [N, 4, C]
    families.push({ name: "meanHalf", vectors: places(mean) }, { name: "stdHalf", vectors: places(std) });
    const patches = cells(images, h / 4); // [N, C, 4, 4, size²]
    families.push({
      name: "patches",
      vectors: patches.transpose([0, 2, 3, 1, 4]).reshape([n, 16, c * (h / 4) * (w / 4)]),
    });
  }
  return families;
}

/** Families of fine structure, which the distances of whole pictures hardly feel; see `fineStructure`. */
export const fineFamilies = (images: Tensor): Family[] =>
  Object.entries(fineStructure(images)).map(([name, values]) => ({ name, vectors: values.unsqueeze(1) }));

/**
 * Families of a feature network's stage outputs: channel means and deviations of each, and all but the first flattened.
 */
export function stageFamilies(stages: readonly Tensor[]): Family[] {
  return stages.flatMap((stage, i) => {
    const { mean, std } = moments(stage.flatten(2), -1);
    const families: Family[] = [
      { name: `stage${i}.mean`, vectors: mean.unsqueeze(1) },
      { name: `stage${i}.std`, vectors: std.unsqueeze(1) },
    ];
    if (i > 0) families.push({ name: `stage${i}.flat`, vectors: wholeImage(stage) });
    return families;
  });
}

/** [groups·samples, V, S] to [groups·V, samples, S]: every place of every group a problem of its own. */
export function groupPlaces(vectors: Tensor, groups: number): Tensor {
  const [n, v, s] = vectors.shape;
  return vectors
    .reshape([groups, n / groups, v, s])
    .transpose([0, 2, 1, 3])
    .reshape([groups * v, n / groups, s]);
}
