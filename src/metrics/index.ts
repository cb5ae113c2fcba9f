export { accuracy, type Classified, correctPredictions } from "./accuracy.js";
export { type BootstrapOptions, bootstrap, bootstrapFrechet, bootstrapMean, type Interval } from "./bootstrap.js";
export { clusterCentres, nearestCentre } from "./clusters.js";
export { type Features, features, firstRows, type RandomSource, sampleRows } from "./features.js";
export { realVsReal } from "./floor.js";
export { frechetDistance, frechetTo } from "./frechet.js";
export {
  BEAT_JOINTS,
  type BeatConsistency,
  beatConsistency,
  conditionalFrechet,
  energyOf,
  gestureBeats,
  gestureFrechet,
  gestureJerk,
  grangerGain,
  jointSpeeds,
  kineticDiversity,
  type LeadLag,
  l1Diversity,
  leadLag,
  movingBeatConsistency,
  type NodAnswers,
  nodAnswers,
  nodsIn,
  ownCoupling,
  partnerCoupling,
  type StaticKinetic,
  staticDiversity,
  temporalVariance,
  topSpeeds,
} from "./gesture/index.js";
export { type Kid, type KidOptions, kernelDistance, polynomialMmd2 } from "./kid.js";
export {
  aroundBoundary,
  boundaryJerk,
  diversity,
  footSkating,
  jerk,
  jerkArea,
  meanJerk,
  mpjpe,
  multimodalDistance,
  multimodality,
  peakJerk,
  REAL_JERK,
  rootPathError,
  rPrecision,
} from "./motion/index.js";
export { type Memorisation, memorisation, type Neighbours, nearestNeighbours } from "./neighbours.js";
export { fitPca, type Pca, type PcaOptions, pcaFeatures } from "./pca.js";
export {
  energyDistance,
  gaussianMmd2,
  type ModeCoverage,
  modeCoverage,
  ringCentres,
  slicedWasserstein1,
  wasserstein1,
} from "./points.js";
export { type Prdc, prdc } from "./prdc.js";
export { quantile } from "./quantile.js";
export {
  type EvaluationOptions,
  type EvaluationSets,
  evaluateFeatures,
  evaluatePixels,
  evaluatePoints,
  type FeatureMetric,
  type MetricReport,
} from "./report.js";
export { type ImageShape, pixelGradients, sharpness } from "./sharpness.js";
export { fisherExact, holm } from "./significance.js";
export { type GaussianStatistics, gaussianStatistics } from "./statistics.js";
export { unigramEntropies } from "./text/entropy.js";
export { type KneserNey, type KneserNeyOptions, trainKneserNey } from "./text/kneser-ney.js";
export { type LineShares, lineShares } from "./text/novelty.js";
export { wilson } from "./wilson.js";
