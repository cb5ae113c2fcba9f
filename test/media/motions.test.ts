import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { readGltf } from "../../src/io/gltf-read.js";
import { FigureScene } from "../../src/media/figure-scene.js";
import { joinMotions, MOTION_ENDINGS, Motions } from "../../src/media/motions.js";
import { aboutAxis } from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES } from "../../src/motion/skeleton.js";
import { randomClip } from "../motion/fixtures.js";

const folder = await mkdtemp(join(tmpdir(), "motions-"));
afterAll(() => rm(folder, { recursive: true }));
const one = new Motions([randomClip(1, 6)], ["a person walks"]);
const two = new Motions([randomClip(1, 6), randomClip(2, 4)], ["a person walks", "a person waves"]);

test("the name's ending is the format, and every format's file begins as its own do", async () => {
  const begins: Record<string, string> = {
    bvh: "HIERARCHY",
    glb: "glTF",
    vrma: "glTF",
    csv: "time_s,",
    npz: "PK",
    gif: "GIF89a",
    webp: "RIFF",
    png: "\x89PNG",
  };
  expect(Object.keys(begins).sort()).toEqual([...MOTION_ENDINGS].sort());
  for (const [ending, start] of Object.entries(begins)) {
    await one.save(join(folder, `one.${ending.toUpperCase()}`));
    expect((await readFile(join(folder, `one.${ending.toUpperCase()}`), "latin1")).slice(0, start.length)).toBe(start);
  }
  await expect(one.save(join(folder, "one.fbx"))).rejects.toThrow(
    "A motion's name ends in .bvh, .glb, .vrma, .csv, .npz, .gif, .webp, .png, got",
  );
});

test("several motions go into one GLB or picture, and into numbered files of the other formats", async () => {
  for (const ending of ["bvh", "glb", "png"]) await two.save(join(folder, "few", `walk.${ending}`));
  expect((await readdir(join(folder, "few"))).sort()).toEqual(["walk-0.bvh", "walk-1.bvh", "walk.glb", "walk.png"]);
  expect(two.files("walk.bvh")).toEqual(["walk-0.bvh", "walk-1.bvh"]);
  const names = (await readGltf(await two.toGlb(), "walk.glb")).map(({ name }) => name);
  expect(names).toEqual(["a person walks", "a person waves"]);
  const { width, height } = await sharp(join(folder, "few", "walk.png")).metadata();
  expect([width, height]).toEqual([6 * 150, 2 * 220]);
});

test("a batch gives each of its motions, joins others, and refuses prompts of another number", () => {
  expect(two.at(-1).prompts).toEqual(["a person waves"]);
  expect([...two]).toEqual(two.clips);
  expect(() => two.at(2)).toThrow("There is no motion 2: the batch has 2.");
  expect(joinMotions([one, two]).prompts).toEqual(["a person walks", "a person walks", "a person waves"]);
  expect(joinMotions([one, new Motions(two.clips)]).prompts).toBeNull();
  expect(() => new Motions(two.clips, ["a"])).toThrow("2 motions have as many prompts, got 1");
});

test("a moving picture shows every frame at the clip's rate, of 60 frames a second each third", async () => {
  const shown = async (fps: number) => {
    const bytes = await new Motions([randomClip(3, 7, { fps })]).toMovingPicture("gif");
    const { pages, delay, loop, width, pageHeight } = await sharp(bytes, { pages: -1 }).metadata();
    return { pages, delay: delay![0], loop, width, pageHeight };
  };
  expect(await shown(20)).toEqual({ pages: 7, delay: 50, loop: 0, width: 320, pageHeight: 320 });
  expect(await shown(60)).toMatchObject({ pages: 3, delay: 50 });
});

test("a person who faces the camera has the left side on the right of the picture, the head up and the feet on the floor", async () => {
  const rotations = new Float32Array(88);
  for (let joint = 0; joint < 22; joint++) rotations[4 * joint + 3] = 1;
  rotations.set(aboutAxis([0, 1, 0], -0.475), 0); // to the camera, which stands aside of the front
  const still = {
    skeleton: BODY,
    fps: 20,
    frames: 1,
    rotations,
    root: Float32Array.of(3, 0.99, 1),
    contacts: Uint8Array.of(1, 0, 0, 0),
  };
  const svg = new FigureScene(still, 300, 300).frame(0);
  const circles = [...svg.matchAll(/<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" stroke="(#\w+)"/g)];
  const mean = (colour: string, at: number) => {
    const found = circles.filter((line) => line[5] === colour).map((line) => Number(line[at]));
    return found.reduce((sum, value) => sum + value, 0) / found.length;
  };
  const [left, right, middle] = ["#e07a3f", "#3f79c9", "#59636f"].map((colour) => mean(colour, 1));
  expect(left).toBeGreaterThan(middle + 10);
  expect(right).toBeLessThan(middle - 10);
  const heights = circles.filter((line) => line[5] === "#59636f").map((line) => Number(line[4]));
  expect(Math.min(...heights)).toBeLessThan(60);
  expect(svg.match(/<ellipse/g)).toHaveLength(1);
  expect(BODY_NAMES).toHaveLength(22);
});
