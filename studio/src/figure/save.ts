import type { Motions } from "fewstep/browser";

/** Formats that a page can write, with what each is for. */
export const FORMATS = {
  glb: { type: "model/gltf-binary", about: "A figure with its motion, for Blender, three.js and game engines" },
  vrma: { type: "model/gltf-binary", about: "The motion alone, for any VRM figure" },
  bvh: { type: "text/plain", about: "For Blender, MotionBuilder, Unreal" },
  csv: { type: "text/csv", about: "Joint angles at 50 rows a second, for robots" },
} as const;
export type Format = keyof typeof FORMATS;

/** A motion as a file. */
export async function fileOf(motions: Motions, format: Format): Promise<Blob> {
  const contents = {
    glb: () => motions.toGlb(),
    vrma: () => motions.toVrma(),
    bvh: () => motions.toBvh(),
    csv: () => motions.toCsv(),
  };
  return new Blob([await contents[format]()], { type: FORMATS[format].type });
}
