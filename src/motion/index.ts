export type { Clip } from "./clip.js";
export { cutClip, joinClips, secondsOf } from "./clip.js";
export {
  BODY_FEATURES,
  FEATURE_PARTS,
  type FeatureOptions,
  FeatureReader,
  fromFeatures,
  mirrorFeatures,
  ORIGIN,
  type Place,
  startOf,
  toFeatures,
} from "./features.js";
export { PathFollower } from "./follow-path.js";
export { FULL_BODY, requireFullBody } from "./full-body.js";
export { fromGesture, GESTURE_FEATURES, GESTURE_JOINTS, toGesture } from "./gesture.js";
export { headingOf } from "./heading.js";
export {
  fromHumanml,
  fromHumanmlRotations,
  HUMANML_FEATURES,
  HUMANML_PARTS,
  mirrorHumanml,
  toHumanml,
} from "./humanml.js";
export { humanmlClip } from "./humanml-clip.js";
export {
  framesOf,
  HUMANML_SKELETON,
  humanmlSkeletonOf,
  JOINT_NUMBERS,
  type Joints,
  toStart,
  toUniform,
} from "./humanml-joints.js";
export {
  CONTACT_JOINTS,
  CONTACT_SPEED,
  contactsFrom,
  contactsOf,
  type Pose,
  poseAt,
  positionsOf,
  requireBody,
  worldRotations,
} from "./kinematics.js";
export { mirror, partnersOf } from "./mirror.js";
export { onBody } from "./on-body.js";
export { FloorPath, MOST_POINTS, SPOT_RULE, type Spot, spotsOf, spotTexts, wrongSpot } from "./path.js";
export { FeetPlanter } from "./plant.js";
export { resample } from "./resample.js";
export {
  aboutAxis,
  between,
  type EulerOrder,
  fromEuler,
  fromMatrix,
  fromSix,
  IDENTITY,
  inverse,
  type Matrix,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  type Six,
  slerp,
  toEuler,
  toMatrix,
  toSix,
  type Vector,
  yaw,
} from "./rotations.js";
export { arriveAt, beginningAt, loopOf, seamJump } from "./seam.js";
export type { Skeleton } from "./skeleton.js";
export { BODY, BODY_JOINTS, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";
export { fullBodyVrmBones, VRM_BONES } from "./vrm-bones.js";
