export * as nn from "./nn/index.js";
export * as optim from "./optim/index.js";
export * from "./random/index.js";
export * from "./runtime/index.js";
export * from "./tensor/index.js";
