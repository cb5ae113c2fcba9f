/** Colours of things and bars, 0 … 255. */
export const COLOURS = {
  red: [220, 50, 45],
  green: [50, 180, 70],
  blue: [60, 100, 235],
  yellow: [235, 210, 60],
  purple: [165, 70, 205],
  white: [235, 235, 235],
} as const;
export type Colour = keyof typeof COLOURS;
export const colours = Object.keys(COLOURS) as Colour[];

/** Shapes, and what several are called. */
export const SHAPES = {
  circle: "circles",
  square: "squares",
  triangle: "triangles",
  cross: "crosses",
  ring: "rings",
} as const;
export type Shape = keyof typeof SHAPES;
export const shapes = Object.keys(SHAPES) as Shape[];

/** Sizes, and half the side of a thing in pixels. */
export const SIZES = { small: 3.25, medium: 5, large: 7 } as const;
export type Size = keyof typeof SIZES;
export const sizes = Object.keys(SIZES) as Size[];

/** Places of the grid of 3×3, line by line. */
export const PLACES = [
  ...["top left", "top middle", "top right"],
  ...["middle left", "centre", "middle right"],
  ...["bottom left", "bottom middle", "bottom right"],
] as const;
export type Place = (typeof PLACES)[number];

/** Pixels of a picture's side, and of a cell's. */
export const SIDE = 48;
export const CELL = SIDE / 3;

/** A thing at a place, a few pixels beside its middle. */
export interface Thing {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  /** Index of {@link PLACES}. */
  readonly place: number;
  /** Pixels to the right and down. */
  readonly offset: readonly [number, number];
}

export interface Digit {
  /** 0 … 9. */
  readonly digit: number;
  readonly colour: Colour;
  readonly place: number;
}

export interface Bar {
  readonly colour: Colour;
  /** 1 … {@link TALLEST}. */
  readonly value: number;
}
export const TALLEST = 7;

/** What a picture shows: things or digits at the places of a grid, or a bar chart. The picture follows from it alone. */
export interface Scene {
  readonly things: readonly Thing[];
  readonly digits: readonly Digit[];
  readonly bars: readonly Bar[];
  /** Brightness of the ground, 0 … 255. */
  readonly ground: number;
  /** Seed of the grain. */
  readonly grain: number;
}

/** Line and column of a place, 0 … 2. */
export const cellOf = (place: number): readonly [row: number, column: number] => [Math.floor(place / 3), place % 3];
