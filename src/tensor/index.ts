export { checkpoint } from "./checkpoint.js";
export { type GradOptions, grad, topologicalOrder } from "./grad.js";
export { inTurn } from "./in-turn.js";
export { jvp } from "./jvp.js";
export { asTensor, constant, type Initializer, input, isConstant, isInput, Parameter, scalarValue } from "./leaves.js";
export * from "./ops/index.js";
export { scan } from "./scan.js";
export { broadcastShapes, normalizeAxes, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from "./shape.js";
export {
  type DType,
  defineOp,
  type GraphBuilder,
  opRegistry,
  Tensor,
  type TensorLike,
  type TensorType,
} from "./tensor.js";
export { vmap } from "./vmap.js";
