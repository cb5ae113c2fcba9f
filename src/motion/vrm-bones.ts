import { BODY_NAMES } from "./skeleton.js";

/** VRM's name of each of the body's joints. */
export const VRM_BONES: readonly string[] = BODY_NAMES.map((name) => {
  const middle: Record<string, string> = {
    ...{ pelvis: "hips", spine1: "spine", spine2: "chest", spine3: "upperChest", neck: "neck", head: "head" },
  };
  const limbs: Record<string, string> = {
    ...{ Hip: "UpperLeg", Knee: "LowerLeg", Ankle: "Foot", Foot: "Toes" },
    ...{ Collar: "Shoulder", Shoulder: "UpperArm", Elbow: "LowerArm", Wrist: "Hand" },
  };
  return middle[name] ?? name.replace(/^(left|right)(.*)$/, (_, side, part) => side + limbs[part]);
});
