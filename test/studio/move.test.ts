import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { motionsOf } from "../../src/data/motion/read-file.js";
import { readGltf } from "../../src/io/gltf-read.js";
import { seamJump } from "../../src/motion/index.js";
import { StaticHost, Visitor } from "./site.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-studio-move-"));
let host: StaticHost;
let visitor: Visitor;
beforeAll(async () => {
  await buildStudio(join(folder, "site"), ["walker"]);
  host = await StaticHost.start(join(folder, "site"));
  // Small and coarse, since the figure is drawn by the processor here
  visitor = await Visitor.open({ width: 760, height: 460, scale: 0.5 });
  await visitor.arrive(host.url);
});
afterAll(async () => {
  await visitor?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Seconds of motion that have been drawn and are shown next. */
const moved = async (): Promise<number> => Number(await visitor.page.getByTestId("stage").getAttribute("data-frame"));

test("a figure goes on moving, turns to what is typed, and is saved", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/move?model=walker&prompt=a%20person%20walks&seed=3&steps=8&lag=4`);
  await page.getByTestId("ms").waitFor();
  await expect.poll(moved, { timeout: 60_000 }).toBeGreaterThan(26);
  const before = await moved();
  await page.getByTestId("say").fill("a person stands still");
  await page.keyboard.press("Enter");
  await page.getByTestId("reaction").waitFor();
  await expect.poll(moved).toBeGreaterThan(before);
  expect(page.url()).toContain("stands");
  await visitor.expectGood();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: ".glb" }).click(),
  ]);
  const [recording] = await readGltf(new Uint8Array(readFileSync(await download.path())), "motion.glb");
  expect(recording.frames).toBeGreaterThanOrEqual(24);
});

test("a loop of what was said last is saved: its end meets its beginning", async () => {
  const { page } = visitor;
  await page.getByLabel("A loop of what was said last").check();
  await page.getByLabel("Seconds of the loop").fill("2.4");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: ".glb" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("loop.glb");
  const [{ clip }] = await motionsOf(readFileSync(await download.path()), "loop.glb");
  expect(clip.frames).toBe(48);
  expect(seamJump(clip, clip)).toBeLessThan(6);
  await page.getByLabel("A loop of what was said last").uncheck();
  await visitor.expectGood();
});

test("a path is drawn on the floor or given as points, and the figure follows it", async () => {
  const { page } = visitor;
  const field = page.getByTestId("path");
  const follow = page.getByRole("button", { name: "Follow" });
  await page.goto(`${host.url}#/move?model=walker&prompt=a%20person%20walks&seed=4&steps=8&lag=4`);
  await page.getByTestId("draws").check();
  await page.getByTestId("stage").scrollIntoViewIfNeeded();
  const box = (await page.getByTestId("stage").boundingBox())!;
  const at = (across: number, down: number) => [box.x + across * box.width, box.y + down * box.height] as const;
  await page.mouse.move(...at(0.3, 0.7));
  await page.mouse.down();
  await page.mouse.move(...at(0.6, 0.75), { steps: 4 });
  await page.mouse.move(...at(0.8, 0.9), { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => (await field.inputValue()).split(" ").length).toBeGreaterThan(3);
  await visitor.expectGood();
  await page.getByRole("button", { name: "Clear the path" }).click();
  await expect.poll(() => field.inputValue()).toBe("");
  await field.fill("1,2");
  await follow.click();
  expect(await page.getByRole("alert").textContent()).toContain("two different points");
  await field.fill("3,1 3,20");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear the path" }).waitFor();
  await page.getByRole("button", { name: "From the start" }).click();
  await expect.poll(moved, { timeout: 60_000 }).toBeLessThan(20);
  await expect.poll(moved, { timeout: 60_000 }).toBeGreaterThan(40);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: ".glb" }).click(),
  ]);
  const [{ clip }] = await motionsOf(readFileSync(await download.path()), "motion.glb");
  const last = clip.root.slice(-3);
  expect([clip.root[0], clip.root[2]].map((value) => Math.round(10 * value))).toEqual([30, 10]);
  expect(Math.abs(last[0] - 3)).toBeLessThan(0.3);
  expect(last[2]).toBeGreaterThan(1.5);
});

const FIGURE = new URL("../goldens/vrm/blender.vrm", import.meta.url).pathname;

test("a figure of one's own is put on by a drop or a choice, and taken off; a file that is none is said", async () => {
  const { page } = visitor;
  const away = page.getByRole("button", { name: "Capsules again" });
  await visitor.drop("[data-testid=stage]", FIGURE);
  await away.waitFor();
  const before = await moved();
  await expect.poll(moved).toBeGreaterThan(before);
  await page.getByTestId("figure").setInputFiles({ name: "a.vrm", mimeType: "", buffer: Buffer.from("no figure") });
  expect(await page.getByRole("alert").textContent()).toContain("cannot be read as a VRM figure");
  await visitor.expectGood();
  await away.click();
  await page.getByTestId("figure").setInputFiles(FIGURE);
  await away.click();
  await expect.poll(() => page.getByRole("alert").count(), { timeout: 60_000 }).toBe(0);
});

test("a text that the model cannot read is said, and the motion goes on", async () => {
  const { page } = visitor;
  const before = await moved();
  await page.getByTestId("say").fill("человек идёт");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await page.getByTestId("say").inputValue()).toBe("человек идёт");
  await expect.poll(moved).toBeGreaterThan(before);
});
