import type { Tensor } from "../../tensor/tensor.js";
import { type Pass, rewrite } from "./rewrite.js";
import { transposesApart } from "./transposes-apart.js";

/**
 * What a graph goes through before it is compiled, in this order. The runtime has passes of its own (it finds common
 * subexpressions, folds constants, and scalars and transpositions into products); these do what it does not.
 */
const passes: readonly Pass[] = [transposesApart];

/** The same outputs from nodes that are faster. */
export const simplify = (outputs: readonly Tensor[]): Tensor[] => passes.reduce<Tensor[]>(rewrite, [...outputs]);
