export type { Clip } from "./clip.js";
export { secondsOf } from "./clip.js";
export type { Skeleton } from "./skeleton.js";
export { BODY, BODY_JOINTS, BODY_NAMES, BODY_PARENTS } from "./skeleton.js";
