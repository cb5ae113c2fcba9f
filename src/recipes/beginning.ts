import type { Architecture } from "../models/architecture.js";
import { type ModelConfig, type ModelFiles, readModel } from "../models/files.js";
import * as nn from "../nn/index.js";

/**
 * Weights of a trained model of `method` that has exactly this shape (or what `compared` leaves of it) and draws these
 * classes, for training that begins with them (its setting `from`). @throws where it is a model of another method, shape or other classes.
 */
export async function weightsFrom<Shape>(
  location: string,
  method: string,
  architecture: Architecture<Shape, any>,
  { shape, classNames }: { shape: Shape; classNames: readonly string[] | null },
  compared: (shape: Shape) => unknown = (all) => all,
): Promise<ModelFiles["weights"]> {
  const choose = (config: ModelConfig) => {
    const read = architecture.shape.safeParse(config.network);
    if (config.method !== method || !read.success) throw new Error(`from: ${location} is no ${method} model.`);
    const [theirs, ours] = [read.data, shape].map((one) => JSON.stringify(compared(one)));
    if (theirs !== ours)
      throw new Error(`from: ${location} has another shape, ${theirs}, than these settings and data, ${ours}.`);
    const [names, wanted] = [config.classNames, classNames].map((one) => one?.join(", ") ?? "none");
    if (names === wanted) return architecture;
    throw new Error(`from: ${location} has other classes (${names}) than these data (${wanted}).`);
  };
  return (await readModel(location, choose)).weights;
}

/** Puts weights into a network; what only the network has stays as it is, what only they have is left aside. */
export function beginWith(net: nn.Parameterized, weights: ModelFiles["weights"]): void {
  const own = nn.weightsOf(net);
  nn.assign(net, Object.fromEntries(Object.keys(own).map((name) => [name, weights[name] ?? own[name]])));
}
