import { posesPng } from "../../media/motion-pictures.js";
import { cutClip } from "../../motion/index.js";
import type { MotionDiagnosis } from "./motions.js";
import type { Pictures } from "./report.js";

/** Motions of a diagnosis as strips of poses, one below the other. */
export const motionPictures = ({ seen, frames }: MotionDiagnosis): Pictures => ({
  most: 3,
  png(from, rows) {
    const shown = rows.map((row) => seen[from][row]);
    return posesPng(shown.map(({ clip, start }) => cutClip(clip, start, start + frames)));
  },
});
