import { FULL_BODY } from "./full-body.js";
import { BODY_NAMES } from "./skeleton.js";

const PHALANGES = ["Proximal", "Intermediate", "Distal"];
const THUMB = ["Metacarpal", "Proximal", "Distal"];

/** VRM's name of a joint of {@link FULL_BODY}. */
function boneOf(name: string): string {
  const finger = /^(left|right)(Index|Middle|Pinky|Ring|Thumb)([123])$/.exec(name);
  if (finger) {
    const [, side, which, place] = finger;
    return `${side}${which === "Pinky" ? "Little" : which}${(which === "Thumb" ? THUMB : PHALANGES)[Number(place) - 1]}`;
  }
  const middle: Record<string, string> = {
    ...{ pelvis: "hips", spine1: "spine", spine2: "chest", spine3: "upperChest", neck: "neck", head: "head" },
  };
  const limbs: Record<string, string> = {
    ...{ Hip: "UpperLeg", Knee: "LowerLeg", Ankle: "Foot", Foot: "Toes" },
    ...{ Collar: "Shoulder", Shoulder: "UpperArm", Elbow: "LowerArm", Wrist: "Hand" },
  };
  return middle[name] ?? name.replace(/^(left|right)(.*)$/, (_, side, part) => side + limbs[part]);
}

/** VRM's name of each of the body's 22 joints. */
export const VRM_BONES: readonly string[] = BODY_NAMES.map(boneOf);

/** VRM's name of each of the 52 joints of {@link FULL_BODY}. */
export const fullBodyVrmBones: readonly string[] = FULL_BODY.names.map(boneOf);
