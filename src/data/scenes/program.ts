import { type Colour, cellOf, PLACES, type Scene, type Shape, type Size, sizes, type Thing } from "./scene.js";

/** Which things are meant. */
export interface Filter {
  readonly colour?: Colour;
  readonly shape?: Shape;
  readonly size?: Size;
  /** Index of PLACES. */
  readonly place?: number;
  /** What they are not. */
  readonly not?: { readonly colour: Colour } | { readonly shape: Shape };
}

export type Side = "left" | "right" | "above" | "below";
export type Attribute = "colour" | "shape" | "size";

/** A question as what is to be computed of a scene. */
export type Program =
  | { readonly op: Attribute | "place" | "count"; readonly of: Filter }
  | { readonly op: "more" | "larger" | "sum" | "difference"; readonly a: Filter; readonly b: Filter }
  | { readonly op: "relation"; readonly a: Filter; readonly b: Filter; readonly side: Side }
  | { readonly op: "beside"; readonly of: Filter; readonly side: Side; readonly ask: "colour" | "shape" }
  | { readonly op: "digit"; readonly of: Pick<Filter, "colour" | "place"> }
  | { readonly op: "height"; readonly colour: Colour }
  | { readonly op: "tallest" | "shortest" | "bars" | "odd" };

const matches = (thing: Thing, { colour, shape, size, place, not }: Filter): boolean =>
  (colour === undefined || thing.colour === colour) &&
  (shape === undefined || thing.shape === shape) &&
  (size === undefined || thing.size === size) &&
  (place === undefined || thing.place === place) &&
  !(not && ("colour" in not ? thing.colour === not.colour : thing.shape === not.shape));

/** The things that are meant. */
export const select = ({ things }: Scene, filter: Filter): Thing[] => things.filter((thing) => matches(thing, filter));

/** The one thing that is meant; null where there is none, or several. */
export function only(scene: Scene, filter: Filter): Thing | null {
  const found = select(scene, filter);
  return found.length === 1 ? found[0] : null;
}

/** How far line and column change to a side. */
export const STEPS: Record<Side, readonly [number, number]> = {
  left: [0, -1],
  right: [0, 1],
  above: [-1, 0],
  below: [1, 0],
};

/** The place next to another; null beyond the edge. */
export function nextTo(place: number, side: Side): number | null {
  const [row, column] = cellOf(place).map((at, axis) => at + STEPS[side][axis]);
  return row >= 0 && row < 3 && column >= 0 && column < 3 ? 3 * row + column : null;
}

/** Of things that are alike in all but one's colour or shape: that one. */
export function oddOne({ things }: Scene): Thing | null {
  const alike = (a: Thing, b: Thing) => a.colour === b.colour && a.shape === b.shape && a.size === b.size;
  const odd = things.filter((thing) => !things.some((other) => other !== thing && alike(other, thing)));
  const others = things.filter((thing) => thing !== odd[0]);
  const same = others.length > 1 && others.every((thing) => alike(thing, others[0]));
  return odd.length === 1 && same && odd[0].size === others[0].size ? odd[0] : null;
}

const yesNo = (holds: boolean) => (holds ? "yes" : "no");

/**
 * The answer to a question, computed on the scene; null where it is not to be asked: what is meant is not there, or could
 * be several things, or what is compared is too close to see.
 */
export function execute(program: Program, scene: Scene): string | null {
  switch (program.op) {
    case "colour":
    case "shape":
    case "size":
      return only(scene, program.of)?.[program.op] ?? null;
    case "place": {
      const thing = only(scene, program.of);
      return thing && PLACES[thing.place];
    }
    case "count":
      return scene.things.length > 0 ? String(select(scene, program.of).length) : null;
    case "more":
    case "sum":
    case "difference": {
      const [a, b] = [program.a, program.b].map((one) => select(scene, one).length);
      if (a + b === 0) return null;
      if (program.op === "more") return yesNo(a > b);
      if (program.op === "sum") return String(a + b);
      return a >= b ? String(a - b) : null;
    }
    case "larger": {
      const [a, b] = [only(scene, program.a), only(scene, program.b)];
      return a && b && a !== b ? yesNo(sizes.indexOf(a.size) > sizes.indexOf(b.size)) : null;
    }
    case "relation": {
      const [a, b] = [only(scene, program.a), only(scene, program.b)];
      if (!a || !b) return null;
      const [dy, dx] = STEPS[program.side];
      const [from, to] = [cellOf(b.place), cellOf(a.place)];
      const way = (to[0] - from[0]) * dy + (to[1] - from[1]) * dx;
      return way === 0 ? null : yesNo(way > 0);
    }
    case "beside": {
      const thing = only(scene, program.of);
      const place = thing && nextTo(thing.place, program.side);
      return place === null ? null : (only(scene, { place })?.[program.ask] ?? null);
    }
    case "digit": {
      const found = scene.digits.filter((one) =>
        Object.entries(program.of).every(([name, value]) => one[name as "colour" | "place"] === value),
      );
      return found.length === 1 ? String(found[0].digit) : null;
    }
    case "height": {
      const bar = scene.bars.find(({ colour }) => colour === program.colour);
      return bar ? String(bar.value) : null;
    }
    case "tallest":
    case "shortest": {
      const sign = program.op === "tallest" ? 1 : -1;
      const [first, second] = [...scene.bars].sort((a, b) => sign * (b.value - a.value));
      return first && first.value !== second?.value ? first.colour : null;
    }
    case "bars":
      return scene.bars.length > 0 ? String(scene.bars.length) : null;
    case "odd": {
      const odd = oddOne(scene);
      return odd && `${odd.colour} ${odd.shape}`;
    }
  }
}
