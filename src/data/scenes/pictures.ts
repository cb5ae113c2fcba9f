import { Images } from "../../media/images.js";
import { render } from "./render.js";
import { type Scene, SIDE } from "./scene.js";

/** Pictures of scenes as float32 [n, 3, 48, 48] in [−1, 1]. */
export function scenePixels(scenes: readonly Scene[]): Float32Array {
  const area = SIDE * SIDE;
  const all = new Float32Array(scenes.length * 3 * area);
  for (const [i, scene] of scenes.entries()) {
    const bytes = render(scene);
    for (let c = 0; c < 3; c++)
      for (let p = 0; p < area; p++) all[(3 * i + c) * area + p] = bytes[3 * p + c] / 127.5 - 1;
  }
  return all;
}

/** Pictures of scenes, as models see them. */
export const sceneImages = (scenes: readonly Scene[]): Images =>
  new Images(scenePixels(scenes), scenes.length, 3, SIDE, SIDE);
