import type { Random } from "../random/index.js";

/** Draws `count` points in the plane: [count, 2], row-major. */
export type Toy = (random: Random, count: number) => Float32Array;

/** Points (x, y) one by one. */
const points =
  (draw: (random: Random) => [number, number]): Toy =>
  (random, count) => {
    const out = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) out.set(draw(random), 2 * i);
    return out;
  };

/** A curve, scaled by its largest absolute coordinate in the batch, plus 0.03 · N(0, I). */
const curve =
  (draw: (random: Random) => [number, number]): Toy =>
  (random, count) => {
    const out = points(draw)(random, count);
    const extent = out.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
    return out.map((value) => value / extent + 0.03 * random.normal());
  };

/** The toy distributions of the drifting-models notebook and their usual companions, about [−1, 1]². */
export const toys = {
  /** Eight Gaussians, σ = 0.05, evenly on the unit circle. */
  "gaussians-8": points((random) => {
    const angle = (random.integer(8) * Math.PI) / 4;
    return [Math.cos(angle) + 0.05 * random.normal(), Math.sin(angle) + 0.05 * random.normal()];
  }),
  /** The eight dark cells of a 4 × 4 board on [−1, 1]², plus 0.05 · N(0, I). */
  checkerboard: points((random) => {
    const colour = random.integer(2);
    const coordinate = () => (2 * random.integer(2) + colour + random.uniform() - 2) / 2 + 0.05 * random.normal();
    return [coordinate(), coordinate()];
  }),
  /** (t cos t, t sin t), t uniform in [π/2, 9π/2]. */
  "swiss-roll": curve((random) => {
    const t = Math.PI * (0.5 + 4 * random.uniform());
    return [t * Math.cos(t), t * Math.sin(t)];
  }),
  /** Two arms ±(t cos t, t sin t), t = 3π √u, so that points are about evenly spread along each arm. */
  spiral: curve((random) => {
    const t = 3 * Math.PI * Math.sqrt(random.uniform());
    const r = random.integer(2) === 0 ? t : -t;
    return [r * Math.cos(t), r * Math.sin(t)];
  }),
  /** Two half circles of radius 2/3 that interlock, plus 0.05 · N(0, I). */
  "two-moons": points((random) => {
    const angle = Math.PI * random.uniform();
    const side = random.integer(2) === 0 ? 1 : -1;
    const [x, y] = [(Math.cos(angle) * 2) / 3 - 1 / 3, (Math.sin(angle) * 2) / 3 - 1 / 6];
    return [side * x + 0.05 * random.normal(), side * y + 0.05 * random.normal()];
  }),
} satisfies Record<string, Toy>;

export type ToyName = keyof typeof toys;

/** A toy distribution by name. */
export function toy(name: string): Toy {
  if (!Object.hasOwn(toys, name))
    throw new Error(`There is no toy "${name}"; known are ${Object.keys(toys).join(", ")}.`);
  return toys[name as ToyName];
}
