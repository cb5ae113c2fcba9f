import { mirror } from "../../motion/mirror.js";
import type { LabelledClip } from "../motion-dataset.js";
import { mirroredWords } from "./captions.js";

/**
 * A motion as a mirror shows it: the sides are exchanged in its joints, in what it says and in its classes. Null where
 * a class of it has a side, and none is the other side's.
 */
export function mirrored(
  { name, clip, segments }: LabelledClip,
  classNames: readonly string[] | null,
): LabelledClip | null {
  const labels = segments.map(({ label }) =>
    label < 0 ? label : classNames!.indexOf(mirroredWords(classNames![label])),
  );
  if (labels.some((label, i) => label < 0 && segments[i].label >= 0)) return null;
  return {
    name: `${name} (mirrored)`,
    clip: mirror(clip),
    segments: segments.map(({ captions, ...rest }, i) => ({
      ...rest,
      label: labels[i],
      captions: captions.map(mirroredWords),
    })),
  };
}

/** Each motion, and after it its mirror image where it has one. */
export const withMirrored = (clips: readonly LabelledClip[], classNames: readonly string[] | null): LabelledClip[] =>
  clips.flatMap((clip) => {
    const other = mirrored(clip, classNames);
    return other ? [clip, other] : [clip];
  });
