import { shortened } from "../../io/show.js";
import { loadedNetwork } from "../../models/architecture.js";
import { drawingWeights, type LoadOptions, type ModelConfig, NoSuchModel, readModel } from "../../models/files.js";
import { SphereModel } from "./model.js";
import { sphereArchitecture } from "./network.js";

/** Loads a Sphere Encoder by shipped name, folder or URL. @throws NoSuchModel where another method's model is found. */
export async function loadSphere(location: string, options: LoadOptions = {}): Promise<SphereModel> {
  const choose = ({ method }: ModelConfig) => {
    if (method === "sphere") return sphereArchitecture;
    throw new NoSuchModel(`${location} is a ${shortened(method)} model and cannot encode pictures; sphere models can.`);
  };
  const files = await readModel(location, choose, drawingWeights(location, options));
  const { config, shape, net } = loadedNetwork(sphereArchitecture, files);
  return new SphereModel(config, shape, net, options);
}
