import type { Architecture } from "../models/architecture.js";
import { type ModelConfig, type ModelFiles, readModel } from "../models/files.js";

/**
 * Weights of a trained model of `method` that has exactly this shape, for training that begins with them (its setting
 * `from`). @throws where it is a model of another method or shape.
 */
export async function weightsFrom<Shape>(
  location: string,
  method: string,
  architecture: Architecture<Shape, any>,
  shape: Shape,
): Promise<ModelFiles["weights"]> {
  const choose = (config: ModelConfig) => {
    const own = architecture.shape.safeParse(config.network);
    if (config.method !== method || !own.success) throw new Error(`from: ${location} is no ${method} model.`);
    const [theirs, ours] = [own.data, shape].map((one) => JSON.stringify(one));
    if (theirs === ours) return architecture;
    throw new Error(`from: ${location} has another shape, ${theirs}, than these settings and data, ${ours}.`);
  };
  return (await readModel(location, choose)).weights;
}
