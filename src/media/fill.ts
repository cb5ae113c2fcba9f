import type { Images } from "./images.js";

/**
 * Pictures whose unknown pixels are a smooth continuation of the known ones: each becomes the mean of its neighbours,
 * as often as the picture is high and wide. What the unknown pixels held does not matter. Where nothing is known they
 * are grey.
 */
export function fillSmoothly({ pixels, height, width }: Images, unknown: (index: number) => boolean): Float32Array {
  const area = height * width;
  const filled = pixels.slice();
  for (let at = 0; at < filled.length; at += area) {
    const holes = Array.from({ length: area }, (_, i) => i).filter((i) => unknown(at + i));
    if (holes.length === 0) continue;
    let sum = 0;
    for (let i = 0; i < area; i++) sum += unknown(at + i) ? 0 : pixels[at + i];
    for (const i of holes) filled[at + i] = sum / Math.max(1, area - holes.length);
    for (let round = 0; round < height + width; round++) {
      const before = filled.slice(at, at + area);
      for (const i of holes) {
        const [y, x] = [Math.floor(i / width), i % width];
        const around = [y > 0 && i - width, y < height - 1 && i + width, x > 0 && i - 1, x < width - 1 && i + 1];
        const neighbours = around.filter((n) => n !== false);
        filled[at + i] = neighbours.reduce((total, n) => total + before[n], 0) / neighbours.length;
      }
    }
  }
  return filled;
}
