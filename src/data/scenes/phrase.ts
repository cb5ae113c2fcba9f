import type { Filter, Program, Side } from "./program.js";
import { colours, PLACES, SHAPES, shapes, sizes } from "./scene.js";

const notText = (not: NonNullable<Filter["not"]>, many: boolean) =>
  "colour" in not ? not.colour : many ? SHAPES[not.shape] : `a ${not.shape}`;

/** One thing, such as "large red circle" or "thing at the top left". */
function one({ size, colour, shape, place, not }: Filter): string {
  const words = [size, colour, shape ?? "thing"].filter(Boolean).join(" ");
  return `${words}${place === undefined ? "" : ` at the ${PLACES[place]}`}${not ? ` that is not ${notText(not, false)}` : ""}`;
}

/** Several things, such as "red circles". */
const several = ({ size, colour, shape }: Filter): string =>
  [size, colour, shape ? SHAPES[shape] : "things"].filter(Boolean).join(" ");

const SIDES: Record<Side, string> = { left: "left of", right: "right of", above: "above", below: "below" };

/** A question in words, without its question mark. */
export function phrase(program: Program): string {
  switch (program.op) {
    case "colour":
    case "shape":
    case "size":
      return `what ${program.op} is the ${one(program.of)}`;
    case "place":
      return `where is the ${one(program.of)}`;
    case "count": {
      const { not } = program.of;
      return not ? `how many things are not ${notText(not, true)}` : `how many ${several(program.of)} are there`;
    }
    case "more":
      return `are there more ${several(program.a)} than ${several(program.b)}`;
    case "sum":
      return `how many ${several(program.a)} and ${several(program.b)} are there together`;
    case "difference":
      return `how many more ${several(program.a)} than ${several(program.b)} are there`;
    case "larger":
      return `is the ${one(program.a)} larger than the ${one(program.b)}`;
    case "relation":
      return `is the ${one(program.a)} ${SIDES[program.side]} the ${one(program.b)}`;
    case "beside":
      return `what ${program.ask} is the thing directly ${SIDES[program.side]} the ${one(program.of)}`;
    case "digit": {
      const { colour, place } = program.of;
      return colour ? `what is the ${colour} digit` : `what is the digit at the ${PLACES[place!]}`;
    }
    case "height":
      return `how tall is the ${program.colour} bar`;
    case "tallest":
    case "shortest":
      return `which bar is the ${program.op}`;
    case "bars":
      return "how many bars are there";
    case "odd":
      return "which thing is the odd one out";
  }
}

const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));

/** Every word of questions and answers, in the order of the alphabet. */
export const WORDS: readonly string[] = [
  ...new Set([
    ...[...colours, ...shapes, ...Object.values(SHAPES), ...sizes, ...DIGITS, "yes", "no"],
    ...PLACES.flatMap((place) => place.split(" ")),
    ..."what colour shape size is the thing that not a where how many things are there at more than larger".split(" "),
    ..."and together directly left right of above below digit tall which bar tallest shortest bars odd one out".split(
      " ",
    ),
  ]),
].sort();

/** Words of the longest question and answer. */
export const LONGEST = { question: 12, answer: 2 };
