import type { Filter, Program, Side } from "./program.js";
import { colours, PLACES, SHAPES, type Shape, shapes, sizes } from "./scene.js";
import type { Skill } from "./skill-names.js";

type Words = Record<string, string | undefined>;

const any = (words: readonly string[]) => words.join("|");
const plurals = Object.entries(SHAPES) as [Shape, string][];
const shapeOf = (word: string): Shape | undefined => plurals.find(([one, many]) => word === one || word === many)?.[0];

const SIZE = `(?:(?<size>${any(sizes)}) )?`;
const COLOUR = `(?:(?<colour>${any(colours)}) )?`;
const ONE = new RegExp(
  `^${SIZE}${COLOUR}(?<shape>thing|${any(shapes)})(?: at the (?<place>${any(PLACES)}))?(?: that is not (?:a )?(?<not>${any([...colours, ...shapes])}))?$`,
);
const SEVERAL = new RegExp(`^${SIZE}${COLOUR}(?<shape>things|${any(Object.values(SHAPES))})$`);

const notOf = (word: string): Filter["not"] => {
  const shape = shapeOf(word);
  return shape ? { shape } : { colour: word as NonNullable<Filter["colour"]> };
};

/** Which things a description means; null where it is none. */
function filterOf(text: string, form: RegExp): Filter | null {
  const found = form.exec(text)?.groups;
  if (!found) return null;
  const { size, colour, shape, place, not } = found;
  const named = { size, colour, shape: shapeOf(shape), place: place && PLACES.indexOf(place as never) };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(not && { not: notOf(not) }) };
}

const SIDES = "(?<side>left of|right of|above|below)";
const sideOf = (words: string) => words.split(" ")[0] as Side;

/** A program of one description, or of two; null where they are none. */
const of = (text: string | undefined, form: RegExp, make: (of: Filter) => Program): Program | null => {
  const found = filterOf(text ?? "", form);
  return found && make(found);
};
const pair = ({ a = "", b = "" }: Words, form: RegExp, make: (pair: { a: Filter; b: Filter }) => Program) =>
  of(a, form, (first) => of(b, form, (second) => make({ a: first, b: second })) as Program);

/** How questions begin and end, the longer ways first. */
const FORMS: readonly (readonly [pattern: string, read: (words: Words) => Program | null])[] = [
  [
    `what (?<ask>colour|shape) is the thing directly ${SIDES} the (?<a>.+)`,
    ({ ask, side, a }) =>
      of(a, ONE, (of) => ({ op: "beside", of, side: sideOf(side!), ask: ask as "colour" | "shape" })),
  ],
  [
    "what (?<op>colour|shape|size) is the (?<a>.+)",
    ({ op, a }) => of(a, ONE, (of) => ({ op: op as "colour" | "shape" | "size", of })),
  ],
  ["where is the (?<a>.+)", ({ a }) => of(a, ONE, (of) => ({ op: "place", of }))],
  [
    `how many things are not (?<not>${any([...colours, ...Object.values(SHAPES)])})`,
    ({ not }) => ({ op: "count", of: { not: notOf(not!) } }),
  ],
  [
    "how many more (?<a>.+) than (?<b>.+) are there",
    (words) => pair(words, SEVERAL, (both) => ({ op: "difference", ...both })),
  ],
  [
    "how many (?<a>.+) and (?<b>.+) are there together",
    (words) => pair(words, SEVERAL, (both) => ({ op: "sum", ...both })),
  ],
  ["how many bars are there", () => ({ op: "bars" })],
  ["how many (?<a>.+) are there", ({ a }) => of(a, SEVERAL, (of) => ({ op: "count", of }))],
  ["are there more (?<a>.+) than (?<b>.+)", (words) => pair(words, SEVERAL, (both) => ({ op: "more", ...both }))],
  ["is the (?<a>.+) larger than the (?<b>.+)", (words) => pair(words, ONE, (both) => ({ op: "larger", ...both }))],
  [
    `is the (?<a>.+) ${SIDES} the (?<b>.+)`,
    (words) => pair(words, ONE, (both) => ({ op: "relation", ...both, side: sideOf(words.side!) })),
  ],
  [
    `what is the (?<colour>${any(colours)}) digit`,
    ({ colour }) => ({ op: "digit", of: { colour: colour as NonNullable<Filter["colour"]> } }),
  ],
  [
    `what is the digit at the (?<place>${any(PLACES)})`,
    ({ place }) => ({ op: "digit", of: { place: PLACES.indexOf(place as never) } }),
  ],
  [
    `how tall is the (?<colour>${any(colours)}) bar`,
    ({ colour }) => ({ op: "height", colour: colour as NonNullable<Filter["colour"]> }),
  ],
  ["which bar is the (?<op>tallest|shortest)", ({ op }) => ({ op: op as "tallest" | "shortest" })],
  ["which thing is the odd one out", () => ({ op: "odd" })],
];
const READERS = FORMS.map(([pattern, read]) => [new RegExp(`^${pattern}$`), read] as const);

/**
 * What a question asks to be computed, the other way round than `phrase`; capitals and marks count for nothing. Null
 * where it is no question that is asked of scenes.
 */
export function parseQuestion(text: string): Program | null {
  const plain = text
    .toLowerCase()
    .replace(/[?.!,]/g, " ")
    .trim()
    .replace(/\s+/g, " ");
  for (const [form, read] of READERS) {
    const found = form.exec(plain);
    const program = found && read(found.groups ?? {});
    if (program) return program;
  }
  return null;
}

/** The skill that a program belongs to. */
export function skillOf(program: Program): Skill {
  switch (program.op) {
    case "colour":
    case "shape":
      return program.of.not ? "negation" : program.op;
    case "count":
      return program.of.not ? "negation" : "count";
    case "place":
      return "position";
    case "more":
    case "larger":
      return "comparison";
    case "sum":
    case "difference":
      return "arithmetic";
    case "beside":
    case "relation":
      return "relation";
    case "size":
    case "digit":
    case "odd":
      return program.op;
    default:
      return "chart";
  }
}
