import { mean } from "../quantile.js";
import { framesIn, type Rows } from "./rows.js";

/** Mean length of the third difference of rows times fps³, over frames and clips: the numbers' unit a second³. */
export const gestureJerk = (clips: readonly Rows[], { dim, fps }: { dim: number; fps: number }): number =>
  mean(
    clips.map((clip) => {
      const frames = framesIn(clip, dim, 4);
      let sum = 0;
      for (let t = 3; t < frames; t++) {
        let squares = 0;
        for (let j = 0; j < dim; j++) {
          const at = (back: number) => clip[(t - back) * dim + j];
          squares += (at(0) - 3 * at(1) + 3 * at(2) - at(3)) ** 2;
        }
        sum += Math.sqrt(squares);
      }
      return (fps ** 3 * sum) / (frames - 3);
    }),
  );
