export { mpjpe, rootPathError } from "./errors.js";
export { aroundBoundary, boundaryJerk, jerk, jerkArea, meanJerk, peakJerk, REAL_JERK } from "./jerk.js";
export { multimodalDistance, rPrecision } from "./retrieval.js";
export { footSkating } from "./skating.js";
export { diversity, meanPairDistance, multimodality } from "./variety.js";
