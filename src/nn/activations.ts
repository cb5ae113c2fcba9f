import type { Tensor } from "../tensor/tensor.js";

/** Activations as plain functions, to stand among the layers of `sequential` and `mlp`. */
export const relu = (x: Tensor): Tensor => x.relu();
export const silu = (x: Tensor): Tensor => x.silu();
export const gelu = (x: Tensor): Tensor => x.gelu();
/** The tanh approximation of gelu, for weights trained with it. */
export const geluTanh = (x: Tensor): Tensor => x.geluTanh();
export const tanh = (x: Tensor): Tensor => x.tanh();
