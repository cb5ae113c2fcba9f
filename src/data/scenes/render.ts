import { Random } from "../../random/index.js";
import { GLYPHS } from "./glyphs.js";
import { CELL, COLOURS, type Colour, cellOf, type Scene, type Shape, SIDE, SIZES, TALLEST } from "./scene.js";

/** Whether a shape of half side 1 covers a point. */
const COVERS: Record<Shape, (x: number, y: number) => boolean> = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.88,
  triangle: (x, y) => y >= -0.9 && y <= 0.8 && Math.abs(x) <= (y + 0.9) * 0.58,
  cross: (x, y) => Math.min(Math.abs(x), Math.abs(y)) <= 0.3 && Math.max(Math.abs(x), Math.abs(y)) <= 1,
  ring: (x, y) => x * x + y * y <= 1 && x * x + y * y >= 0.3,
};

/** Points of a pixel's side that are looked at: soft edges. */
const POINTS = 3;
/** Most that the grain changes a value by. */
const GRAIN = 8;
/** Of a chart: the line that bars stand on, pixels of a unit, and the pixels that the scale takes at the left. */
const BASE = 45;
const UNIT = 6;
export const SCALE = 5;
/** Pixels from one bar to the next. */
export const barWidth = (bars: readonly unknown[]): number => Math.floor((SIDE - SCALE) / bars.length);

type Paint = (x: number, y: number, colour: readonly number[], cover?: number) => void;

/** The picture of a scene: bytes [48, 48, 3], the same for the same scene. */
export function render(scene: Scene): Uint8Array {
  const values = new Float32Array(SIDE * SIDE * 3).fill(scene.ground);
  const paint: Paint = (x, y, colour, cover = 1) => {
    const at = (y * SIDE + x) * 3;
    for (let c = 0; c < 3; c++) values[at + c] += cover * (colour[c] - values[at + c]);
  };
  for (const thing of scene.things) paintShape(paint, centreOf(thing.place, thing.offset), thing);
  for (const { digit, colour, place } of scene.digits) paintDigit(paint, place, digit, COLOURS[colour]);
  if (scene.bars.length > 0) paintChart(paint, scene);
  const random = new Random(scene.grain, "grain");
  const pixels = new Uint8Array(values.length);
  let bits = 0;
  for (let at = 0; at < SIDE * SIDE; at++) {
    bits = at % 4 === 0 ? random.uint32() : bits >>> 8; // a byte for each pixel
    const grain = ((bits & 255) / 255 - 0.5) * 2 * GRAIN;
    for (let c = 0; c < 3; c++) pixels[3 * at + c] = Math.max(0, Math.min(255, Math.round(values[3 * at + c] + grain)));
  }
  return pixels;
}

const centreOf = (place: number, [right, down]: readonly [number, number]) => {
  const [row, column] = cellOf(place);
  return [(column + 0.5) * CELL + right, (row + 0.5) * CELL + down] as const;
};

function paintShape(
  paint: Paint,
  [cx, cy]: readonly [number, number],
  { shape, colour, size }: Scene["things"][number],
): void {
  const half = SIZES[size];
  const covers = COVERS[shape];
  const steps = Array.from({ length: POINTS }, (_, i) => (i + 0.5) / POINTS);
  for (let y = Math.max(0, Math.floor(cy - half)); y < Math.min(SIDE, cy + half); y++)
    for (let x = Math.max(0, Math.floor(cx - half)); x < Math.min(SIDE, cx + half); x++) {
      let inside = 0;
      for (const dy of steps) for (const dx of steps) if (covers((x + dx - cx) / half, (y + dy - cy) / half)) inside++;
      if (inside > 0) paint(x, y, COLOURS[colour], inside / POINTS ** 2);
    }
}

/** A digit of 10×14 pixels in the middle of its cell. */
function paintDigit(paint: Paint, place: number, digit: number, colour: readonly number[]): void {
  const [row, column] = cellOf(place);
  for (const [i, point] of [...GLYPHS[digit]].entries()) {
    if (point === "0") continue;
    const [x, y] = [column * CELL + 3 + 2 * (i % 5), row * CELL + 1 + 2 * Math.floor(i / 5)];
    for (const dy of [0, 1]) for (const dx of [0, 1]) paint(x + dx, y + dy, colour);
  }
}

/** Bars on a line, with a faint line at each unit and a brighter tick on the scale. */
function paintChart(paint: Paint, { bars }: Scene): void {
  const wide = barWidth(bars);
  for (let unit = 0; unit <= TALLEST; unit++)
    for (let x = 0; x < SIDE; x++) paint(x, BASE - unit * UNIT, GREY, x < SCALE - 1 || unit === 0 ? 1 : 0.3);
  for (const [i, { colour, value }] of bars.entries())
    for (let y = BASE - value * UNIT; y < BASE; y++)
      for (let x = 1; x < wide - 1; x++) paint(SCALE + i * wide + x, y, COLOURS[colour as Colour]);
}
const GREY = [150, 150, 150];
