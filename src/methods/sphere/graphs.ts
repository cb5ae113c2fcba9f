import { graph } from "../../models/programs.js";
import { constant } from "../../tensor/index.js";
import { spherify } from "./geometry.js";
import type { SphereNetwork } from "./network.js";
import { latentLength, type SphereShape } from "./shape.js";

export type Side = "encode" | "decode";

/** Whether a network is told the angle of its latents. */
export const isToldAngle = (side: Side, { sampleAngle }: SphereShape): boolean =>
  side === "decode" && sampleAngle !== undefined && sampleAngle !== null;

/**
 * One network of a Sphere Encoder: x, class weights [size, classes + 1], with guidance also those of no class, and a
 * decoder's angles.
 */
export function sideGraph(side: Side, guided: boolean, shape: SphereShape, net: SphereNetwork) {
  const { classes: count } = shape;
  const { channels, height, width } = shape.image;
  const of = net[side];
  return graph({
    inputs: (size: number) => ({
      x: side === "encode" ? [size, channels, height, width] : [size, latentLength(shape)],
      classes: [size, count + 1],
      none: guided && [size, count + 1],
      guidance: guided && [size],
      angle: isToldAngle(side, shape) && [size],
    }),
    build: ({ x, classes, none, guidance, angle }) => {
      const given = of(x, classes, angle || undefined);
      const free = guided ? of(x, none, angle || undefined) : given;
      const strength = guided && guidance.reshape([guidance.size, ...given.shape.slice(1).map(() => 1)]);
      const out = strength ? free.add(given.sub(free).mul(strength)) : given;
      return { out: side === "decode" ? out.clamp(-1, 1) : out };
    },
  });
}

/** A sample of one step without guidance: noise to the sphere, and that decoded; with classes by their numbers. */
export function drawnGraph(hasClasses: boolean, shape: SphereShape, net: SphereNetwork) {
  const { classes: count, sampleAngle } = shape;
  return graph({
    inputs: (size: number) => ({
      noise: [size, latentLength(shape)],
      label: hasClasses && { shape: [size], dtype: "int32" as const },
    }),
    build: ({ noise, label }) => {
      const [size] = noise.shape;
      const none = constant(new Int32Array(size).fill(count), [size], "int32");
      const classes = (label || none).oneHot(count + 1);
      const angle = isToldAngle("decode", shape) ? constant([sampleAngle!]).broadcastTo([size]) : undefined;
      return { images: net.decode(spherify(noise), classes, angle).clamp(-1, 1) };
    },
  });
}
