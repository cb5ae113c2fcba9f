import type { Clip } from "./clip.js";
import { fitBody } from "./fit.js";
import { fromHumanml, HUMANML_FEATURES, HUMANML_PARTS } from "./humanml.js";
import type { Joints } from "./humanml-joints.js";

/** The body in the poses of HumanML3D's features, [T, 263], by their positions, with their contacts. */
export function humanmlClip(rows: Joints, { fps }: Pick<Clip, "fps">): Clip {
  const [first, end] = HUMANML_PARTS.contacts;
  const contacts = Uint8Array.from({ length: (rows.length / HUMANML_FEATURES) * (end - first) }, (_, i) => {
    const frame = Math.floor(i / (end - first));
    return rows[frame * HUMANML_FEATURES + first + (i % (end - first))] > 0.5 ? 1 : 0;
  });
  return { ...fitBody(fromHumanml(rows), fps), contacts };
}
