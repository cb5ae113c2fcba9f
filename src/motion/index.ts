export type { Clip } from "./clip.js";
export { secondsOf } from "./clip.js";
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
export type { Skeleton } from "./skeleton.js";
export { BODY, BODY_JOINTS, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";
