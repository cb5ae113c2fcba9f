import type { Shape, Size, Thing } from "fewstep/scenes";
import {
  type Bar,
  type Colour,
  colours,
  type Digit,
  type Layout,
  type Scene,
  shapes,
  sizes,
  TALLEST,
} from "fewstep/scenes";

/** Kinds of scenes, as the page calls them. */
export const LAYOUTS: readonly { readonly value: Layout; readonly label: string; readonly hint: string }[] = [
  { value: "crowd", label: "Shapes", hint: "Up to nine shapes of all sorts" },
  { value: "odd", label: "Odd one", hint: "Shapes that are alike, but one" },
  { value: "digits", label: "Digits", hint: "Up to five digits" },
  { value: "chart", label: "Bars", hint: "A chart of two to five bars" },
];
/** How much of each the model has seen in one picture. */
export const MOST = { things: 9, digits: 5, bars: 5 };
export const LEAST_BARS = 2;

/** A scene with other things in it. */
export type Items = Pick<Scene, "things" | "digits" | "bars">;
/** Pixels that a thing may stand beside the middle of its cell, by its size. */
const ROOM: Record<Size, number> = { small: 3, medium: 3, large: 1 };

/** What was composed, as a link has it: `0.circle.red.large.1.-2_4.ring.blue.small`, `4.7.red`, `red.5_blue.3`. */
export const writeItems = ({ things, digits, bars }: Items): string =>
  [
    ...things.map(({ place, shape, colour, size, offset }) =>
      [place, shape, colour, size, ...(offset.some((n) => n !== 0) ? offset : [])].join("."),
    ),
    ...digits.map(({ place, digit, colour }) => [place, digit, colour].join(".")),
    ...bars.map(({ colour, value }) => [colour, value].join(".")),
  ].join("_");

const within = (text: string | undefined, low: number, high: number): number | null => {
  const value = Number(text);
  return text !== undefined && text !== "" && Number.isInteger(value) && value >= low && value <= high ? value : null;
};
const oneOf = <T extends string>(text: string | undefined, choices: readonly T[]): T | null =>
  choices.find((choice) => choice === text) ?? null;

/** What a link says; of a broken or foreign one only what can be there. */
export function readItems(text: string, layout: Layout): Items {
  const parts = text.split("_").map((part) => part.split("."));
  if (layout === "chart") {
    const bars = parts.flatMap(([name, height]): Bar[] => {
      const [colour, value] = [oneOf(name, colours), within(height, 1, TALLEST)];
      return colour && value !== null ? [{ colour, value }] : [];
    });
    return { things: [], digits: [], bars: unlike(bars, ({ colour }) => colour).slice(0, MOST.bars) };
  }
  if (layout === "digits") {
    const digits = parts.flatMap(([at, number, name]): Digit[] => {
      const [place, digit, colour] = [within(at, 0, 8), within(number, 0, 9), oneOf(name, colours)];
      return place !== null && digit !== null && colour ? [{ digit, colour, place }] : [];
    });
    const apart = unlike(
      unlike(digits, ({ place }) => place),
      ({ colour }) => colour,
    );
    return { things: [], digits: apart.slice(0, MOST.digits), bars: [] };
  }
  const things = parts.flatMap(([at, form, name, extent, right, down]): Thing[] => {
    const [place, shape, colour, size] = [
      within(at, 0, 8),
      oneOf(form, shapes),
      oneOf(name, colours),
      oneOf(extent, sizes),
    ];
    if (place === null || !shape || !colour || !size) return [];
    const room = ROOM[size];
    return [{ shape, colour, size, place, offset: [within(right, -room, room) ?? 0, within(down, -room, room) ?? 0] }];
  });
  return { things: unlike(things, ({ place }) => place), digits: [], bars: [] };
}

/** The first of each kind. */
const unlike = <T>(items: readonly T[], of: (item: T) => unknown): T[] =>
  items.filter((item, i) => items.findIndex((other) => of(other) === of(item)) === i);

/** Puts a thing at its place, or changes the one that is there; null takes it away. */
export function withThing(
  items: Items,
  place: number,
  change: Partial<Thing> | null,
  like: Omit<Thing, "place" | "offset">,
): Items {
  const there = items.things.find((thing) => thing.place === place);
  const others = items.things.filter((thing) => thing !== there);
  if (!change) return { ...items, things: others };
  const made = { ...like, place, offset: [0, 0] as const, ...there, ...change };
  const room = ROOM[made.size];
  const offset = made.offset.map((n) => Math.min(room, Math.max(-room, n))) as unknown as readonly [number, number];
  return { ...items, things: [...others, { ...made, offset }] };
}

/** Puts a digit at its place, or changes the one that is there; each has a colour of its own, which two may swap. */
export function withDigit(items: Items, place: number, change: Partial<Digit> | null): Items {
  const there = items.digits.find((digit) => digit.place === place);
  const others = items.digits.filter((digit) => digit !== there);
  if (!change) return { ...items, digits: others };
  const made: Digit = { digit: 0, colour: freeColour(others), ...there, ...change, place };
  return { ...items, digits: [...swapped(others, made, there?.colour), made] };
}

/** Changes bar i, or takes it away; each has a colour of its own, which two may swap. */
export function withBar(items: Items, at: number, change: Partial<Bar> | null): Items {
  if (!change) return { ...items, bars: items.bars.filter((_, i) => i !== at) };
  const made = { ...items.bars[at], ...change };
  const others = swapped(items.bars, made, items.bars[at].colour);
  return { ...items, bars: others.map((bar, i) => (i === at ? made : bar)) };
}
/** One more bar, of a colour that none has. */
export const moreBars = (items: Items): Items => ({
  ...items,
  bars: [...items.bars, { colour: freeColour(items.bars), value: Math.ceil(TALLEST / 2) }],
});

const freeColour = (taken: readonly { colour: Colour }[]): Colour =>
  colours.find((colour) => !taken.some((one) => one.colour === colour))!;
const swapped = <T extends { colour: Colour }>(others: readonly T[], made: { colour: Colour }, before?: Colour): T[] =>
  others.map((one) => (one.colour === made.colour ? { ...one, colour: before ?? freeColour([...others, made]) } : one));

/** What stands at a place, in words. */
export function describe({ things, digits }: Items, place: number): string {
  const thing = things.find((one) => one.place === place);
  if (thing) return `${thing.size} ${thing.colour} ${thing.shape}`;
  const digit = digits.find((one) => one.place === place);
  return digit ? `${digit.colour} ${digit.digit}` : "empty";
}
export type { Colour, Layout, Scene, Shape, Size, Thing };
