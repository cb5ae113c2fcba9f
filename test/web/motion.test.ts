import { readFileSync } from "node:fs";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Motions } from "../../src/media/motions.js";
import type { Clip } from "../../src/motion/clip.js";
import { FULL_BODY } from "../../src/motion/full-body.js";
import { positionsOf, worldRotations } from "../../src/motion/kinematics.js";
import { aboutAxis, type Quaternion, rotate, type Vector } from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES } from "../../src/motion/skeleton.js";
import { fullBodyVrmBones, VRM_BONES } from "../../src/motion/vrm-bones.js";
import { randomClip } from "../motion/fixtures.js";
import type * as Viewer from "./motion-page.js";
import { openBrowser } from "./site.js";

declare const viewer: typeof Viewer;
let browser: Awaited<ReturnType<typeof openBrowser>>;
let page: Page;
const said: string[] = [];

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/motion-page.ts`],
    bundle: true,
    format: "iife",
    globalName: "viewer",
    alias: { "fewstep/browser": `${import.meta.dirname}/../../src/motion/index.ts` },
    write: false,
    logLevel: "error",
  });
  browser = await openBrowser();
  page = await browser.context.newPage();
  page.on("console", (message) => void said.push(message.text()));
  page.on("pageerror", ({ message }) => void said.push(message));
  await page.addScriptTag({ content: outputFiles[0].text });
});
afterAll(() => browser?.close());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const place = (clip: Clip, frame: number, name: string) => {
  const at = 3 * (22 * frame + BODY_NAMES.indexOf(name));
  return [...positionsOf(clip).subarray(at, at + 3)];
};
const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

/** The left arm goes up to 80° above the side. */
const frames = 11;
const rotations = Float32Array.from({ length: 88 * frames }, (_, i) => (i % 4 === 3 ? 1 : 0));
for (let frame = 0; frame < frames; frame++)
  rotations.set(aboutAxis([0, 0, 1], (frame / 10) * 1.4), 4 * (22 * frame + BODY_NAMES.indexOf("leftShoulder")));
const root = Float32Array.from({ length: 3 * frames }, (_, i) => (i % 3 === 1 ? 0.99 : 0.05 * Math.floor(i / 3)));
const raised = { skeleton: BODY, fps: 20, frames, rotations, root, contacts: null };
const anyhow = randomClip(6, 9);

test("a GLB opens in three.js: joints where they are, and the raised left hand at +x goes up with its skin", async () => {
  const file = base64(await new Motions([raised], ["raises the left hand"]).toGlb());
  const seen = (time: number) => page.evaluate(([file, time]) => viewer.glb(file, time), [file, time] as const);
  const [before, after] = [await seen(0), await seen(0.45)];
  expect(before.clips).toEqual([{ name: "raises the left hand", duration: expect.closeTo(0.5, 6) }]);
  expect(before.places.leftWrist[0]).toBeGreaterThan(0.6);
  expect(after.places.leftWrist[1] - before.places.leftWrist[1]).toBeGreaterThan(0.45);
  expect(after.places.rightWrist[1]).toBeCloseTo(before.places.rightWrist[1], 5);
  expect(after.hand[1] - before.hand[1]).toBeGreaterThan(0.45);
  for (const name of BODY_NAMES) expect(after.places[name]).toEqual(near(place(raised, 9, name)));
  const other = base64(await new Motions([anyhow]).toGlb());
  const { places } = await page.evaluate((file) => viewer.glb(file, 0.2), other);
  for (const name of BODY_NAMES) expect(places[name]).toEqual(near(place(anyhow, 4, name)));
});

test("a VRMA moves a VRM: every bone turns, the hips go along, the left hand at +x goes up", async () => {
  const bones = Object.fromEntries(VRM_BONES.map((bone, joint) => [bone, BODY_NAMES[joint]]));
  const body = base64(await new Motions([anyhow]).toGlb());
  const seen = async (clip: Clip, time: number) => {
    const file = base64(await new Motions([clip]).toVrma());
    return page.evaluate(([file, body, bones, time]) => viewer.vrma(file, body, bones, time), [
      file,
      body,
      bones,
      time,
    ] as const);
  };
  const [before, after] = [await seen(raised, 0), await seen(raised, 0.45)];
  expect(after.turned.sort()).toEqual([...VRM_BONES].sort());
  expect(after.moved).toEqual(["hips"]);
  expect(after.rest).toEqual(near([0, 0.99, 0]));
  expect(before.places.leftHand[0]).toBeGreaterThan(0.6);
  expect(after.places.leftHand[1] - before.places.leftHand[1]).toBeGreaterThan(0.45);
  const any = await seen(anyhow, 0.2);
  for (const [joint, bone] of VRM_BONES.entries())
    expect(any.places[bone]).toEqual(near(place(anyhow, 4, BODY_NAMES[joint])));
});

test.each([
  ["the body of 22 joints", anyhow],
  ["the body with fingers", randomClip(7, 9, { skeleton: FULL_BODY })],
])("a figure that was made in Blender takes a pose of %s: each bone turns as its joint", async (_, clip) => {
  const { names, parents } = clip.skeleton;
  const [frame, joints] = [5, names.length];
  const rotations = [...clip.rotations.subarray(4 * joints * frame, 4 * joints * (frame + 1))];
  const root = [...clip.root.subarray(3 * frame, 3 * frame + 3)] as [number, number, number];
  const file = readFileSync(new URL("../goldens/vrm/blender.vrm", import.meta.url)).toString("base64");
  const { rest, posed } = await page.evaluate(
    ([file, bones, rotations, root]) => viewer.worn(file, bones, rotations, root),
    [file, fullBodyVrmBones, rotations, root] as const,
  );
  expect(Object.keys(rest)).toHaveLength(51);
  const turns = worldRotations(clip);
  const scale = rest.hips[1] / 0.99;
  expect(posed.hips).toEqual(near(root.map((value) => value * scale)));
  for (const [joint, bone] of fullBodyVrmBones.slice(0, joints).entries()) {
    if (!rest[bone] || joint === 0) continue;
    let above = parents[joint];
    while (!rest[fullBodyVrmBones[above]]) above = parents[above];
    const from = fullBodyVrmBones[above];
    const at = 4 * (joints * frame + above);
    const turn = [...turns.subarray(at, at + 4)] as Quaternion;
    const limb = (places: typeof rest) => [0, 1, 2].map((k) => places[bone][k] - places[from][k]) as Vector;
    expect([bone, ...limb(posed)]).toEqual([bone, ...near(rotate(turn, limb(rest)))]);
  }
});

test("a VRMA raises the left hand of a figure that was made in Blender", async () => {
  const file = readFileSync(new URL("../goldens/vrm/blender.vrm", import.meta.url)).toString("base64");
  const animation = base64(await new Motions([raised]).toVrma());
  const seen = (time: number) =>
    page.evaluate(([animation, file, time]) => viewer.animated(animation, file, time), [
      animation,
      file,
      time,
    ] as const);
  const [before, after] = [await seen(0), await seen(0.45)];
  expect(before.leftHand[0]).toBeGreaterThan(0.4);
  expect(after.leftHand[1] - before.leftHand[1]).toBeGreaterThan(0.3);
  expect(after.rightHand[1]).toBeCloseTo(before.rightHand[1], 4);
});

test("three.js reads the BVH that is written: the same joints, in centimetres", async () => {
  const text = await new Motions([anyhow]).toBvh();
  const places = await page.evaluate((text) => viewer.bvh(text, 0.2), text);
  expect(Object.keys(places).sort()).toEqual([...BODY_NAMES].sort());
  for (const name of BODY_NAMES) expect(places[name].map((value) => value / 100)).toEqual(near(place(anyhow, 4, name)));
});

test("nothing of it makes three.js complain", () => {
  expect(said).toEqual([]);
});
