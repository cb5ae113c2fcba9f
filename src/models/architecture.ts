import type { z } from "zod";
import { faults } from "../io/faults.js";
import { show } from "../io/show.js";
import type { Parameterized } from "../nn/index.js";
import * as nn from "../nn/index.js";
import { requireValues } from "../runtime/index.js";
import type { ModelConfig } from "./config.js";

/** How a method's models are rebuilt from `network` in their config.json. */
export interface Architecture<S = any, N extends Parameterized = Parameterized> {
  readonly shape: z.ZodType<S>;
  /**
   * What a shape says of images, motion, classes and tokens; the rest of config.json must say the same. Without images,
   * motion and gestures it is one of text.
   */
  says(shape: S): {
    image?: ModelConfig["image"];
    motion?: ModelConfig["motion"];
    gesture?: ModelConfig["gesture"];
    classes: number;
    vocabulary?: number;
  };
  /** The network, without values. */
  network(shape: S): N;
}

/** A model's description, and its network with weights. */
export interface Described<S = any, N extends Parameterized = Parameterized> {
  readonly config: ModelConfig;
  readonly shape: S;
  readonly net: N;
}

export type Weights = Record<string, { shape: number[]; data: Float32Array }>;

/**
 * A model's network, without values. Throws, naming `place`, where its description is not sound; allocates next to
 * nothing.
 */
export function describedNetwork<S, N extends Parameterized>(
  architecture: Architecture<S, N>,
  config: ModelConfig,
  place: string,
): { shape: S; net: N } {
  const parsed = architecture.shape.safeParse(config.network);
  if (!parsed.success)
    throw new Error(
      `${place}: ${faults(parsed.error, config.network, "network")}. Restore the file from where the model was made.`,
    );
  const shape = parsed.data;
  requireAgreement(architecture.says(shape), config, place);
  try {
    return { shape, net: architecture.network(shape) };
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error; // a fault of this package, not of the file
    throw new Error(`${place}: network: ${(error as Error).message}`, { cause: error });
  }
}

/** A network to be trained, as its file will describe it. Throws where the model could not be loaded. */
export function trainableShape<S>({ shape }: Pick<Architecture<S>, "shape">, network: S): S {
  const parsed = shape.safeParse(network);
  if (parsed.success) return parsed.data;
  throw new Error(`These settings make no network: ${faults(parsed.error, network, "network")}.`);
}

/**
 * A model's network with its weights; no initial values are drawn. Throws, before it allocates, where they do not
 * belong together.
 */
export function loadedNetwork<S, N extends Parameterized>(
  architecture: Architecture<S, N>,
  { config, weights }: { config: ModelConfig; weights: Weights },
): Described<S, N> {
  const { shape, net } = describedNetwork(architecture, config, config.name);
  requireWeights(net, weights);
  nn.load(net, weights);
  return { config, shape, net };
}

/** Throws unless the tensors are those of the network: every one, in its shape, and no others. */
export function requireWeights(net: Parameterized, weights: Record<string, { shape: number[] }>): void {
  const together = "config.json and model.safetensors do not belong together; take both from one model";
  const known = new Set<string>();
  const entries = Array.from(net.namedParameters(), ([name, { shape }]) => {
    known.add(name);
    return { name, shape };
  });
  try {
    requireValues(entries, weights);
  } catch (error) {
    throw new Error(`${(error as Error).message.replace(/\.$/, "")}: ${together}.`);
  }
  const others = Object.keys(weights).filter((name) => !known.has(name));
  if (others.length > 0)
    throw new Error(
      `The weights have ${others.length} tensors that the network has not, such as ${show(others[0])}: ${together}.`,
    );
}

const showImage = (image: ModelConfig["image"]) =>
  image ? `of ${image.width}×${image.height}×${image.channels}` : "absent";

function requireAgreement(
  { image, motion, gesture, classes }: ReturnType<Architecture["says"]>,
  config: ModelConfig,
  place: string,
): void {
  const [here, there] = [showImage(config.image), showImage(image)];
  if (here !== there) throw new Error(`${place}: image is ${here}, but ${there} in network; they must agree.`);
  for (const [kind, own, wanted] of [
    ["motion", config.motion?.fps, motion?.fps],
    ["gesture", config.gesture?.fps, gesture?.fps],
  ] as const)
    if (own !== wanted)
      throw new Error(
        `${place}: ${kind} has ${own ?? "no"} frames a second, but ${wanted ?? "none"} in network; they must agree.`,
      );
  const other = image ? "images" : motion ? "motion" : gesture && "gestures";
  if (Boolean(config.text) === Boolean(other))
    throw new Error(
      `${place}: text is ${other ? `there beside ${other}` : "missing"}; a model is one of images, of text, of motion or of gestures.`,
    );
  const names = config.classNames?.length ?? 0;
  if (names !== classes)
    throw new Error(
      `${place}: classNames has ${names} names, but the network has ${classes} classes; they must agree.`,
    );
}
