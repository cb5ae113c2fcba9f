export {
  alignment,
  BEAT_JOINTS,
  type BeatConsistency,
  beatConsistency,
  gestureBeats,
  jointSpeeds,
  movingBeatConsistency,
  topSpeeds,
} from "./beats.js";
export { ownCoupling, partnerCoupling } from "./coupling.js";
export { kineticDiversity, l1Diversity, staticDiversity, temporalVariance } from "./diversity.js";
export {
  conditionalFrechet,
  conditionalFrechetTo,
  gestureFrechet,
  gestureFrechetTo,
  type StaticKinetic,
} from "./frechet.js";
export { GRANGER_LAGS, grangerGain } from "./granger.js";
export { gestureJerk } from "./jerk.js";
export { type LeadLag, leadLag } from "./lead-lag.js";
export { type NodAnswers, nodAnswers, nodsIn } from "./nods.js";
export { correlation, energyOf, framesOf, type Rows, smooth, velocitiesOf, velocityOf } from "./rows.js";
