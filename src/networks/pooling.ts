import type { Tensor } from "../tensor/index.js";

/** Mean over one axis, and deviation √(population variance + 10⁻⁶). */
export function moments(x: Tensor, axis: number): { mean: Tensor; std: Tensor } {
  const mean = x.mean(axis, true);
  return { mean: mean.squeeze(axis), std: x.sub(mean).square().mean(axis).add(1e-6).sqrt() };
}

/**
 * Feature vectors of a map [N, C, H, W] (2602.04770 appendix A.5), each [N, vectors, C]: every location, mean and
 * deviation over all, over 2×2 and over 4×4 cells, and `norm_x` = √(mean x² + 10⁻⁶). Cell sizes that do not divide the
 * map are skipped.
 */
export function poolFeatures(map: Tensor): Record<string, Tensor> {
  const [n, c, h, w] = map.shape;
  const locations = map.flatten(2).T;
  const whole = moments(locations, 1);
  const out: Record<string, Tensor> = { loc: locations, mean: whole.mean.unsqueeze(1), std: whole.std.unsqueeze(1) };
  for (const size of [2, 4]) {
    if (h % size !== 0 || w % size !== 0) continue;
    const cells = map
      .reshape([n, c, h / size, size, w / size, size])
      .transpose([0, 2, 4, 3, 5, 1])
      .reshape([n, (h / size) * (w / size), size * size, c]);
    const { mean, std } = moments(cells, 2);
    out[`mean_${size}`] = mean;
    out[`std_${size}`] = std;
  }
  out.norm_x = map.square().mean([2, 3]).add(1e-6).sqrt().unsqueeze(1);
  return out;
}
