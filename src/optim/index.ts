export { type Accumulator, accumulate } from "./accumulate.js";
export { type AdamOptions, adam, adamw } from "./adamw.js";
export { type Ema, ema } from "./ema.js";
export { adamwGraph, type UpdateGraph } from "./graph.js";
export { type MuonOptions, muon } from "./muon.js";
export { clipScale, type Group, normOf, type Optimizer, type OptimizerOptions } from "./optimizer.js";
export * from "./schedule.js";
export { type SgdOptions, sgd } from "./sgd.js";
export type { State, Stateful } from "./state.js";
