import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { readGltf } from "../../src/io/gltf-read.js";
import { writeModel } from "../../src/models/files.js";
import * as nn from "../../src/nn/index.js";
import { madeModel } from "../methods/dyadic/made.js";
import { StaticHost, Visitor } from "./site.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-studio-talk-"));
let host: StaticHost;
let visitor: Visitor;
beforeAll(async () => {
  const { config, net } = madeModel({ window: 12 });
  await writeModel(join(folder, "models/talk"), {
    config: { ...config, name: "talk" },
    weights: nn.join(net).toRecord(),
  });
  await buildStudio(join(folder, "site"), ["talk"], [join(folder, "models")]);
  host = await StaticHost.start(join(folder, "site"));
  // Small and coarse, since the figures are drawn by the processor here
  visitor = await Visitor.open({ width: 760, height: 460, scale: 0.5 });
  await visitor.arrive(host.url);
});
afterAll(async () => {
  await visitor?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const frame = async (): Promise<number> => Number(await visitor.page.getByTestId("stage").getAttribute("data-frame"));
const saved = async (name: string) => {
  const { page } = visitor;
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(readFileSync(await download.path())) };
};
/** How each person of a GLB of two is turned: the numbers of each joint, frame after frame. */
function turns(bytes: Uint8Array): Record<"a" | "b", Float32Array[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
  const found: Record<"a" | "b", Float32Array[]> = { a: [], b: [] };
  for (const { sampler, target } of json.animations[0].channels) {
    if (target.path !== "rotation") continue;
    const accessor = json.accessors[json.animations[0].samplers[sampler].output];
    const from = 28 + length + (json.bufferViews[accessor.bufferView].byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    found[json.nodes[target.node].name.split(":")[0] as "a" | "b"].push(
      new Float32Array(bytes.slice(from, from + 16 * accessor.count).buffer),
    );
  }
  return found;
}
/** The largest difference of two motions in frames `from` … `to` − 1. */
const apart = (a: Float32Array[], b: Float32Array[], from: number, to: number): number =>
  Math.max(
    ...a.flatMap((joint, i) => [...joint.subarray(4 * from, 4 * to)].map((x, k) => Math.abs(x - b[i][4 * from + k]))),
  );

test("the built-in dialogue moves both figures, a changed relation changes what comes, and both are saved", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/talk?model=talk&seed=3&steps=2`);
  await page.getByTestId("ms").waitFor();
  await expect.poll(frame, { timeout: 60_000 }).toBeGreaterThan(24);
  await page.getByRole("radio", { name: "dating" }).check({ force: true });
  await page.getByTestId("reaction").waitFor();
  expect(page.url()).toContain("relation=dating");
  const at = await frame();
  await expect.poll(frame).toBeGreaterThan(at);
  await page.getByTestId("pause").click();
  await visitor.expectGood();
  const both = await saved(".glb of both");
  expect(both.name).toBe("talk.glb");
  const changed = turns(both.bytes);
  for (const joints of Object.values(changed)) {
    expect(joints.length).toBeGreaterThan(40);
    expect(
      apart(
        joints,
        joints.map((joint) => joint.subarray(4)),
        0,
        15,
      ),
    ).toBeGreaterThan(0.001);
  }
  const one = await saved(".vrma of the second");
  expect(one.name).toBe("talk-b.vrma");
  const [recording] = await readGltf(one.bytes, one.name);
  expect(recording.frames).toBeGreaterThanOrEqual(32);

  // The same conversation without the change: as it was at first, and then another
  await page.getByRole("radio", { name: "not known" }).check({ force: true });
  await page.getByRole("button", { name: "From the start" }).click();
  await page.getByTestId("pause").click();
  await expect.poll(frame).toBeLessThan(16);
  await expect.poll(frame, { timeout: 60_000 }).toBeGreaterThan(at);
  await page.getByTestId("pause").click();
  const same = turns((await saved(".glb of both")).bytes);
  const frames = Math.min(same.a[0].length, changed.a[0].length) / 4;
  for (const person of ["a", "b"] as const) {
    expect(apart(changed[person], same[person], 0, 16)).toBe(0);
    expect(apart(changed[person], same[person], 16, frames)).toBeGreaterThan(1e-4);
  }
});

test("voices are chosen for each: nobody, the microphone, and a file that is none is said", async () => {
  const { page } = visitor;
  await page
    .getByTestId("file-0")
    .setInputFiles({ name: "notes.wav", mimeType: "audio/wav", buffer: Buffer.from("no") });
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("notes.wav is no sound");
  await page.getByTestId("pause").click();
  await page.getByLabel("Voice of the second person").selectOption("nobody");
  await expect.poll(() => page.url()).toContain("from-b=nobody");
  await page.getByLabel("Voice of the first person").selectOption("microphone");
  await page.getByTestId("behind").waitFor();
  await expect.poll(frame).toBeGreaterThan(16);
  expect(visitor.problems).toEqual([]);
});

test("each of the two wears a figure that is dropped on its side", async () => {
  const { page } = visitor;
  const figure = new URL("../goldens/vrm/blender.vrm", import.meta.url).pathname;
  await visitor.drop("[data-testid=stage]", figure, 0.8);
  const away = page.getByRole("button", { name: "Capsules again" });
  await away.waitFor();
  await page.getByTestId("figure-0").setInputFiles(figure);
  await away.nth(1).waitFor();
  const before = await frame();
  await expect.poll(frame).toBeGreaterThan(before);
  await visitor.expectGood();
  await away.first().click();
  await expect.poll(() => away.count(), { timeout: 60_000 }).toBe(1);
});

test("where there is no model of gestures the page says what to do", async () => {
  const { page } = visitor;
  writeFileSync(join(folder, "site/models/index.json"), "[]");
  await page.reload();
  await page.getByText("There is no model of gestures here.").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Models" }).click();
  await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
});
