import type { Random } from "../../random/index.js";
import { offsetOf } from "./draw.js";
import { execute } from "./program.js";
import { type Probe, questionOf } from "./question.js";
import { colours, PLACES, type Scene, shapes, sizes, TALLEST, type Thing } from "./scene.js";
import { answersOf } from "./skills.js";

/** A scene with one thing changed, so that the same question has another answer. */
export interface Counterfactual extends Probe {
  /** What was changed, such as "recolour". */
  readonly change: string;
}

const replaced = <T>(items: readonly T[], at: number, item: T): T[] => items.map((one, i) => (i === at ? item : one));

/** Changes one thing of all that there are; null where the change is none. */
const CHANGES: Record<string, (scene: Scene, random: Random) => Partial<Scene> | null> = {
  recolour: ({ things }, random) => changed(things, random, () => ({ colour: random.choice(colours) })),
  reshape: ({ things }, random) => changed(things, random, () => ({ shape: random.choice(shapes) })),
  resize: ({ things }, random) =>
    changed(things, random, () => {
      const size = random.choice(sizes);
      return { size, offset: offsetOf(size, random) };
    }),
  move: ({ things }, random) => changed(things, random, () => ({ place: freePlace(things, random) })),
  swap({ things }, random) {
    if (things.length < 2) return null;
    const [i, j] = random.permutation(things.length);
    const [a, b] = [things[i], things[j]];
    const moved = replaced(things, i, { ...a, place: b.place });
    return { things: replaced(moved, j, { ...b, place: a.place }) };
  },
  add({ things }, random) {
    const place = freePlace(things, random);
    if (place === undefined || things.length === 0) return null;
    const like = random.choice(things);
    const [shape, colour] = [random.choice([like.shape, ...shapes]), random.choice([like.colour, ...colours])];
    return { things: [...things, { ...like, shape, colour, place, offset: offsetOf(like.size, random) }] };
  },
  remove({ things }, random) {
    if (things.length < 2) return null;
    const at = random.integer(things.length);
    return { things: things.filter((_, i) => i !== at) };
  },
  digit({ digits }, random) {
    if (digits.length === 0) return null;
    const at = random.integer(digits.length);
    return { digits: replaced(digits, at, { ...digits[at], digit: random.integer(10) }) };
  },
  bar({ bars }, random) {
    if (bars.length === 0) return null;
    const at = random.integer(bars.length);
    return { bars: replaced(bars, at, { ...bars[at], value: 1 + random.integer(TALLEST) }) };
  },
  "fewer bars": ({ bars }) => (bars.length > 2 ? { bars: bars.slice(0, -1) } : null),
  "another bar"({ bars }, random) {
    const free = colours.filter((colour) => !bars.some((bar) => bar.colour === colour));
    if (bars.length === 0 || bars.length > 4) return null;
    return { bars: [...bars, { colour: random.choice(free), value: 1 + random.integer(TALLEST) }] };
  },
};

function changed(things: readonly Thing[], random: Random, change: () => Partial<Thing>): Partial<Scene> | null {
  if (things.length === 0) return null;
  const at = random.integer(things.length);
  const own = change();
  return Object.values(own as object).includes(undefined)
    ? null
    : { things: replaced(things, at, { ...things[at], ...own }) };
}

function freePlace(things: readonly Thing[], random: Random): number | undefined {
  const free = [...PLACES.keys()].filter((place) => !things.some((thing) => thing.place === place));
  return free.length > 0 ? random.choice(free) : undefined;
}

/**
 * The scene with one change after which the question has another answer; ground and grain stay. Null where none was found
 * in so many tries.
 */
export function counterfactual({ scene, question }: Probe, random: Random, tries = 500): Counterfactual | null {
  const possible = answersOf(question.skill);
  for (let i = 0; i < tries; i++) {
    const change = random.choice(Object.keys(CHANGES));
    const part = CHANGES[change](scene, random);
    if (!part) continue;
    const other = { ...scene, ...part };
    const answer = execute(question.program, other);
    if (answer !== null && answer !== question.answer && possible.includes(answer))
      return { scene: other, question: questionOf(question.skill, question.program, answer), change };
  }
  return null;
}
