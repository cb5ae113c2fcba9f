import type { Random } from "../../src/random/index.js";

/** Pixels of a side. Scenes have three colour channels. */
export const SIDE = 12;
const CELL = 4;
const COLOURS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
];
/** Whether a pixel of a cell belongs to a shape: full, two diagonals, a triangle. */
const SHAPES: ((x: number, y: number, size: number) => boolean)[] = [
  () => true,
  (x, y, size) => x === y || x + y === size - 1,
  (x, y) => x <= y,
];
const NOISE = 0.1;
const CORNERS = [0, 2, 6, 8];

/** One to five objects alike; the first one is marked, and stands in a corner. */
interface Scene {
  readonly colour: number;
  readonly shape: number;
  readonly large: number;
  readonly count: number;
  readonly corner: number;
}

/** Answers: 4 colours, 3 shapes, 5 counts, 2 sizes, 4 places, yes and no. */
export const ANSWERS = 20;
const at = { colour: 0, shape: 4, count: 7, large: 12, corner: 14 };
const yes = (is: boolean) => (is ? 18 : 19);

/** What is asked, by skill: the number of the answer. */
const ASKED: Record<string, (scene: Scene) => number> = {
  colour: ({ colour }) => at.colour + colour,
  shape: ({ shape }) => at.shape + shape,
  count: ({ count }) => at.count + count - 1,
  size: ({ large }) => at.large + large,
  position: ({ corner }) => at.corner + corner,
  isRed: ({ colour }) => yes(colour === 0),
  isGreen: ({ colour }) => yes(colour === 1),
  isBlue: ({ colour }) => yes(colour === 2),
  isYellow: ({ colour }) => yes(colour === 3),
  isLarge: ({ large }) => yes(large === 1),
  isLeft: ({ corner }) => yes(corner % 2 === 0),
  isTop: ({ corner }) => yes(corner < 2),
};
export const SKILLS = Object.keys(ASKED);
/** Numbers that the network sees of an item: the pixels, and which skill is asked. */
export const INPUT = 3 * SIDE * SIDE + SKILLS.length;

export interface Item {
  readonly input: Float32Array;
  readonly answer: number;
  readonly skill: number;
  /** What slices of the skill can share. */
  readonly facets: readonly string[];
}

/** A question of a skill about a scene that is drawn from `random`; scenes that `wanted` refuses are drawn anew. */
export function drawItem(skill: number, random: Random, wanted: (scene: Scene) => boolean = () => true): Item {
  let scene: Scene;
  do
    scene = {
      ...{ colour: random.integer(4), shape: random.integer(3), large: random.integer(2) },
      ...{ count: 1 + random.integer(5), corner: random.integer(4) },
    };
  while (!wanted(scene));
  const input = new Float32Array(INPUT);
  const first = CORNERS[scene.corner];
  const others = [...random.permutation(9)].filter((cell) => cell !== first).slice(0, scene.count - 1);
  const size = scene.large ? CELL : CELL / 2;
  for (const cell of [first, ...others])
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        if (!SHAPES[scene.shape](x, y, size)) continue;
        const pixel = (CELL * Math.floor(cell / 3) + y) * SIDE + CELL * (cell % 3) + x;
        const marked = cell === first && x === 0 && y === 0;
        for (let c = 0; c < 3; c++) input[c * SIDE * SIDE + pixel] = marked ? 1 : COLOURS[scene.colour][c];
      }
  const noise = random.normals(3 * SIDE * SIDE);
  for (let i = 0; i < noise.length; i++) input[i] += NOISE * noise[i];
  input[3 * SIDE * SIDE + skill] = 1;
  const facets = (["colour", "shape", "large", "count", "corner"] as const).map((name) => `${name} ${scene[name]}`);
  return { input, answer: ASKED[SKILLS[skill]](scene), skill, facets };
}
