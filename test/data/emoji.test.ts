import { expect, test } from "vitest";
import { cutEmoji, type Emoji, emoji32, emoji64, type Sheet } from "../../src/data/sources/emoji.js";
import { groupClass } from "../../src/data/sources/emoji-groups.js";

const SIZE = 4;
const PITCH = SIZE + 2;
const CELLS = 12;

/** A sheet whose cell (x, y) is filled with `colour(x, y)`, with a border that must never be seen. */
function sheet(vendor: Sheet["vendor"], colour: (x: number, y: number) => [number, number, number, number]): Sheet {
  const width = CELLS * PITCH;
  const rgba = new Uint8Array(width * width * 4).fill(77);
  for (let y = 0; y < CELLS; y++)
    for (let x = 0; x < CELLS; x++)
      for (let v = 0; v < SIZE; v++)
        for (let u = 0; u < SIZE; u++) rgba.set(colour(x, y), ((y * PITCH + 1 + v) * width + x * PITCH + 1 + u) * 4);
  return { vendor, rgba, width };
}

const picture = (x: number, y: number, has = { google: true, twitter: true }) => ({
  unified: `${x}-${y}`,
  subcategory: "tool",
  sheet_x: x,
  sheet_y: y,
  has_img_google: has.google,
  has_img_twitter: has.twitter,
});
const pixelAt = (part: { pixels: Uint8Array }, n: number) => [
  ...part.pixels.subarray(n * SIZE * SIZE * 3, n * SIZE * SIZE * 3 + 3),
];
const opaque =
  (vendor: number) =>
  (x: number, y: number): [number, number, number, number] => [x * 10, y * 10, vendor, 255];

/** 120 emoji with a skin tone each. Colours tell emoji apart. */
const many: Emoji[] = Array.from({ length: 60 }, (_, i) => ({
  ...picture(i % CELLS, Math.floor(i / CELLS)),
  category: i % 2 ? "Flags" : "Objects",
  skin_variations: { tone: picture(i % CELLS, 6 + Math.floor(i / CELLS)) },
}));

test("pictures are cut inside the border, on white, labelled by category, and missing ones are left out", () => {
  const emoji: Emoji[] = [
    { ...picture(0, 0), category: "Objects" },
    { ...picture(1, 0, { google: true, twitter: false }), category: "Flags" },
    { ...picture(2, 0), category: "Component" },
    ...many.slice(3),
  ];
  const colour = (x: number, y: number): [number, number, number, number] =>
    x === 0 && y === 0 ? [100, 0, 200, 51] : opaque(1)(x, y);
  const { train, test: held, classNames, channels } = cutEmoji(emoji, [sheet("google", colour)], SIZE);
  expect(channels).toBe(3);
  expect(train.count + held.count).toBe(2 + 57 * 2);
  const all = [train, held].flatMap((part) =>
    Array.from({ length: part.count }, (_, n) => ({ pixel: pixelAt(part, n), label: part.labels![n] })),
  );
  const blended = [100, 0, 200].map((c) => Math.round((c * 51 + 255 * 204) / 255));
  expect(all.find(({ pixel }) => pixel.join() === blended.join())).toMatchObject({
    label: classNames!.indexOf("Objects"),
  });
  expect(all.find(({ pixel }) => pixel.join() === "10,0,1")).toMatchObject({ label: classNames!.indexOf("Flags") });
  expect(all.some(({ pixel }) => pixel.includes(77))).toBe(false);
});

test("by group, small groups are counted to another of their category, and classes stand by category, then group", () => {
  const emoji: Emoji[] = [
    ...many.slice(0, 40).map((one, i) => ({ ...one, category: "Objects", subcategory: i % 2 ? "tool" : "lock" })),
    { ...picture(5, 5), category: "Animals & Nature", subcategory: "animal-amphibian" },
  ];
  const byGroup = ({ category, subcategory }: Emoji) => groupClass(category, subcategory);
  const whole = cutEmoji(emoji, [sheet("google", opaque(1))], SIZE, byGroup);
  expect(whole.classNames).toEqual(["Animals & Nature / animal-reptile", "Objects / lock", "Objects / tool"]);
  const plain = cutEmoji(emoji, [sheet("google", opaque(1))], SIZE);
  expect(whole.train.pixels).toEqual(plain.train.pixels);
  const [group] = [...whole.train.labels!].filter((_, n) => pixelAt(whole.train, n).join() === "10,0,1");
  expect(whole.classNames![group]).toBe("Objects / tool");
});

test("skin tones and both vendors' drawings of an emoji are in one split, of about a tenth, always the same", () => {
  const sheets = [sheet("google", opaque(1)), sheet("twitter", opaque(2))];
  const { train, test: held } = cutEmoji(many, sheets, SIZE);
  expect(train.count + held.count).toBe(240);
  expect(held.count).toBeGreaterThan(0);
  expect(held.count).toBeLessThan(60);
  const families = (part: typeof train) =>
    new Set(
      Array.from({ length: part.count }, (_, n) => pixelAt(part, n)).map(([r, g]) => `${r / 10},${(g / 10) % 6}`),
    );
  const [a, b] = [families(train), families(held)];
  expect([...b].filter((family) => a.has(family))).toEqual([]);
  expect(held.count).toBe(b.size * 4);
  expect(cutEmoji([...many].reverse(), sheets, SIZE).test.count).toBe(held.count);
});

test("an older code and emoji that look the same share the split", () => {
  const twins: Emoji[] = Array.from({ length: 40 }, (_, i) => [
    { ...picture(i % CELLS, Math.floor(i / CELLS)), unified: `old${i}`, obsoleted_by: `new${i}`, category: "Objects" },
    { ...picture(i % CELLS, 4 + Math.floor(i / CELLS)), unified: `new${i}`, category: "Objects" },
    { ...picture(i % CELLS, Math.floor(i / CELLS)), unified: `twin${i}`, category: "Objects" },
  ]).flat();
  const { test: held, train } = cutEmoji(twins, [sheet("google", opaque(0))], SIZE);
  const count = (part: typeof held) => {
    const counts = new Map<string, number>();
    for (let n = 0; n < part.count; n++) {
      const [r, g] = pixelAt(part, n);
      const key = `${r},${(g / 10) % 4}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts.values()];
  };
  expect([...count(held), ...count(train)]).toEqual(new Array(40).fill(3));
});

test("what is fetched is counted once per package", () => {
  expect(emoji32.bytes).toBe(25_187_342); // both vendors' sheets are in one
  expect(emoji64.bytes).toBe(74_344_091 + 61_683_754);
});
