export { forData, presets, type SphereConfig, sphereConfig, withoutNoise } from "./config.js";
export * from "./edit.js";
export * from "./geometry.js";
export { type SphereNetworkConfig, sphereNetwork } from "./network.js";
export * from "./objective.js";
export * from "./sampler.js";
export * from "./strengths.js";
export { networkConfig, trainSphere } from "./train.js";
export { nearestAngle, type Uniformity, uniformity } from "./uniformity.js";
