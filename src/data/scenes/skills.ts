import type { Random } from "../../random/index.js";
import type { Layout } from "./draw.js";
import { type Attribute, type Filter, only, type Program, type Side, STEPS } from "./program.js";
import { type Colour, colours, PLACES, type Scene, type Shape, shapes, sizes, TALLEST, type Thing } from "./scene.js";
import type { Skill } from "./skill-names.js";

/** A way to ask for a skill. */
export interface Template {
  /** Scenes that it is asked about. */
  readonly layouts: readonly Layout[];
  /** All answers that there are. */
  readonly answers: readonly string[];
  /** Questions about a scene; some of them are not to be asked, which `execute` says. */
  programs(scene: Scene, random: Random): Program[];
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
const YES_NO = ["yes", "no"];
const sides = Object.keys(STEPS) as Side[];
const CROWDS: readonly Layout[] = ["crowd", "odd"];

/** Words that a thing is described by, without those in `hidden`: all subsets, and its place. */
function descriptions(thing: Thing, hidden: readonly string[]): Filter[] {
  const { colour, shape, size } = thing;
  const known = Object.entries({ colour, shape, size }).filter(([name]) => !hidden.includes(name));
  const subsets = Array.from({ length: 2 ** known.length - 1 }, (_, i) =>
    Object.fromEntries(known.filter((_, bit) => ((i + 1) >> bit) & 1)),
  );
  return hidden.includes("place") ? subsets : [...subsets, { place: thing.place }];
}

/** Each thing by descriptions that mean it alone. */
const described = (scene: Scene, hidden: readonly string[] = []): Filter[][] =>
  scene.things.map((thing) => {
    const unique = descriptions(thing, hidden).filter((filter) => only(scene, filter));
    return scene.things.length === 1 ? [...unique, {}] : unique;
  });

const lookUp = (attribute: Attribute | "place", answers: readonly string[]): Template => ({
  layouts: CROWDS,
  answers,
  programs: (scene) =>
    described(scene, [attribute])
      .flat()
      .map((of) => ({ op: attribute, of })),
});

/** Ordered pairs of different things, each by one description. */
function pairs(scene: Scene, random: Random, hidden: readonly string[]): { a: Filter; b: Filter }[] {
  const named = described(scene, hidden).flatMap((all) => (all.length > 0 ? [random.choice(all)] : []));
  return named.flatMap((a) => named.flatMap((b) => (a === b ? [] : [{ a, b }])));
}

const byColour = colours.map((colour) => ({ colour }));
const byShape = shapes.map((shape) => ({ shape }));

/** Ordered pairs of colours, and of shapes. */
const groups = [byColour, byShape].flatMap((all: readonly Filter[]) =>
  all.flatMap((a) => all.flatMap((b) => (a === b ? [] : [{ a, b }]))),
);

const counting = (op: "more" | "sum" | "difference", answers: readonly string[]): Template => ({
  layouts: CROWDS,
  answers,
  programs: () => groups.map((pair) => ({ op, ...pair })),
});

const bothOf = byColour.flatMap(({ colour }) => byShape.map(({ shape }) => ({ colour, shape })));
const nots: NonNullable<Filter["not"]>[] = [...byColour, ...byShape] as ({ colour: Colour } | { shape: Shape })[];

const chart = (answers: readonly string[], programs: readonly Program[]): Template => ({
  layouts: ["chart"],
  answers,
  programs: () => [...programs],
});

/** How each skill is asked for. */
export const TEMPLATES: Record<Skill, readonly Template[]> = {
  colour: [lookUp("colour", colours)],
  shape: [lookUp("shape", shapes)],
  size: [lookUp("size", sizes)],
  position: [lookUp("place", PLACES)],
  count: [
    {
      layouts: CROWDS,
      answers: numbers(0, 9),
      programs: () => [{}, ...byColour, ...byShape, ...bothOf].map((of): Program => ({ op: "count", of })),
    },
  ],
  comparison: [
    counting("more", YES_NO),
    {
      layouts: ["crowd"],
      answers: YES_NO,
      programs: (scene, random) => pairs(scene, random, ["size", "place"]).map((pair) => ({ op: "larger", ...pair })),
    },
  ],
  digit: [
    {
      layouts: ["digits"],
      answers: numbers(0, 9),
      programs: ({ digits }) =>
        digits.flatMap(({ colour, place }): Program[] => [
          { op: "digit", of: { colour } },
          { op: "digit", of: { place } },
        ]),
    },
  ],
  chart: [
    chart(
      numbers(1, TALLEST),
      colours.map((colour) => ({ op: "height", colour })),
    ),
    chart(colours, [{ op: "tallest" }, { op: "shortest" }]),
    chart(numbers(2, 5), [{ op: "bars" }]),
  ],
  relation: [
    {
      layouts: ["crowd"],
      answers: YES_NO,
      programs: (scene, random) =>
        pairs(scene, random, ["place"]).flatMap((pair) =>
          sides.map((side): Program => ({ op: "relation", ...pair, side })),
        ),
    },
    ...(["colour", "shape"] as const).map(
      (ask): Template => ({
        layouts: ["crowd"],
        answers: ask === "colour" ? colours : shapes,
        programs: (scene, random) =>
          described(scene, ["place"]).flatMap((all) =>
            all.length === 0 ? [] : sides.map((side): Program => ({ op: "beside", of: random.choice(all), side, ask })),
          ),
      }),
    ),
  ],
  negation: [
    {
      layouts: CROWDS,
      answers: numbers(0, 9),
      programs: () => nots.map((not): Program => ({ op: "count", of: { not } })),
    },
    {
      layouts: CROWDS,
      answers: colours,
      programs: () => byShape.map((not): Program => ({ op: "colour", of: { not } })),
    },
    {
      layouts: CROWDS,
      answers: shapes,
      programs: () => byColour.map((not): Program => ({ op: "shape", of: { not } })),
    },
  ],
  odd: [
    {
      layouts: ["odd"],
      answers: bothOf.map(({ colour, shape }) => `${colour} ${shape}`),
      programs: () => [{ op: "odd" }],
    },
  ],
  arithmetic: [counting("sum", numbers(1, 9)), counting("difference", numbers(0, 9))],
};

/** Every answer that a question can have, by what it asks for. */
export function answersTo(program: Program): readonly string[] {
  switch (program.op) {
    case "colour":
    case "tallest":
    case "shortest":
      return colours;
    case "shape":
      return shapes;
    case "beside":
      return program.ask === "colour" ? colours : shapes;
    case "size":
      return sizes;
    case "place":
      return PLACES;
    case "more":
    case "larger":
    case "relation":
      return YES_NO;
    case "odd":
      return bothOf.map(({ colour, shape }) => `${colour} ${shape}`);
    case "height":
      return numbers(1, TALLEST);
    default:
      return numbers(0, 9);
  }
}

/** Every answer that a question of a skill can have. */
export const answersOf = (skill: Skill): readonly string[] => [
  ...new Set(TEMPLATES[skill].flatMap(({ answers }) => answers)),
];
