import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, type Studio, startStudio } from "../server/runs/serving.js";
import { Visitor } from "./site.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-runs-page-"));
let studio: Studio;
let visitor: Visitor;
beforeAll(async () => {
  writeFileSync(join(folder, "text.txt"), "the quick brown fox jumps over the lazy dog and runs away\n".repeat(60));
  studio = await startStudio(folder, join(folder, "runs"));
  visitor = await Visitor.open();
});
afterAll(async () => {
  await visitor?.close();
  if (studio) await ended(studio.process, "SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

const api = (path: string, method = "GET", body?: unknown) =>
  fetch(`${studio.address}/api/${path}`, {
    method,
    headers: { "x-fewstep-token": studio.token, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
/** Long enough to be killed in. */
const training = {
  ...{ name: "mine", method: "language-model", data: join(folder, "text.txt"), threads: 1 },
  set: { length: 16, width: 32, heads: 2, blocks: 1, batch: 8, steps: 3000 },
};

test("a run whose server was killed stands on the page of the next one, and goes on from there", async () => {
  const { page } = visitor;
  expect((await api("runs", "POST", training)).ok).toBe(true);
  await page.goto(`${studio.address}/#/runs?run=mine`);
  await page.getByText("training", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  await visitor.expectGood();
  await ended(studio.process, "SIGKILL");
  studio = await startStudio(folder, join(folder, "runs"));
  await page.goto(`${studio.address}/#/runs?run=mine`);
  const resume = page.getByRole("button", { name: "Resume" });
  await resume.click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await resume.waitFor();
  await visitor.expectGood();
});
