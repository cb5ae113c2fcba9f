import { render, type Scene, SIDE } from "fewstep/scenes";

/** The picture of a scene, as a canvas has it. */
export function imageOf(scene: Scene): ImageData {
  const bytes = render(scene);
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    image.data.set(bytes.subarray(3 * i, 3 * i + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  return image;
}
