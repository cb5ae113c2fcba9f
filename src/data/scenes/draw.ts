import type { Random } from "../../random/index.js";
import { CELL, colours, PLACES, type Scene, SIZES, shapes, sizes, TALLEST, type Thing } from "./scene.js";

/** Kinds of scenes: things of all sorts, things that are alike but one, digits, a bar chart. */
export const LAYOUTS = ["crowd", "odd", "digits", "chart"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A scene of a kind. */
export function drawScene(layout: Layout, random: Random): Scene {
  return { things: [], digits: [], bars: [], ...CONTENT[layout](random), ...groundOf(random) };
}

const groundOf = (random: Random) => ({ ground: random.integer(49), grain: random.uint32() });

/** Some of the items, at least `least`, in random order. */
export function some<T>(items: readonly T[], random: Random, least = 1, most = items.length): T[] {
  const count = least + random.integer(Math.min(most, items.length) - least + 1);
  return Array.from(random.permutation(items.length).subarray(0, count), (i) => items[i]);
}

/** A few pixels beside the middle of a cell, so that the thing stays inside. */
export function offsetOf(size: Thing["size"], random: Random): [number, number] {
  const room = Math.min(3, Math.floor(CELL / 2 - SIZES[size] + 0.25));
  return [random.integer(2 * room + 1) - room, random.integer(2 * room + 1) - room];
}

const places = PLACES.map((_, i) => i);

const CONTENT: Record<Layout, (random: Random) => Partial<Scene>> = {
  crowd(random) {
    // Few sorts make many that are alike, many sorts few: counts of all sizes come up
    const sorts = { shape: some(shapes, random), colour: some(colours, random), size: some(sizes, random) };
    const things = some(places, random).map((place): Thing => {
      const size = random.choice(sorts.size);
      const [shape, colour] = [random.choice(sorts.shape), random.choice(sorts.colour)];
      return { shape, colour, size, place, offset: offsetOf(size, random) };
    });
    return { things };
  },
  odd(random) {
    const [colour, otherColour] = some(colours, random, 2, 2);
    const [shape, otherShape] = some(shapes, random, 2, 2);
    const size = random.choice(sizes);
    const byColour = random.integer(2) === 0;
    const things = some(places, random, 3).map((place, i): Thing => {
      const odd = i === 0 && (byColour ? { colour: otherColour } : { shape: otherShape });
      return { shape, colour, size, place, offset: offsetOf(size, random), ...odd };
    });
    return { things };
  },
  digits(random) {
    const own = some(colours, random, 1, 5);
    const at = some(places, random, own.length, own.length);
    return { digits: own.map((colour, i) => ({ digit: random.integer(10), colour, place: at[i] })) };
  },
  chart: (random) => ({
    bars: some(colours, random, 2, 5).map((colour) => ({ colour, value: 1 + random.integer(TALLEST) })),
  }),
};
