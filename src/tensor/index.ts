export { grad, topologicalOrder } from "./grad.js";
export { asTensor, constant, type Initializer, input, isConstant, isInput, Parameter, scalarValue } from "./leaves.js";
export * from "./ops/index.js";
export * from "./shape.js";
export {
  type DType,
  defineOp,
  type GraphBuilder,
  opRegistry,
  Tensor,
  type TensorLike,
  type TensorType,
} from "./tensor.js";
