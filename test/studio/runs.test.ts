import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, type Studio, startStudio } from "../server/runs/serving.js";
import { Visitor } from "./site.js";

// A person trains in the page; server and trainings are the real ones.
const root = mkdtempSync(join(tmpdir(), "fewstep-runs-page-"));
const text = join(root, "words.txt");
let studio: Studio;
let visitor: Visitor;
beforeAll(async () => {
  writeFileSync(text, "the cat sat on the mat and the dog ran off ".repeat(100));
  studio = await startStudio(root, join(root, "runs"));
  visitor = await Visitor.open();
});
afterAll(async () => {
  await visitor?.close();
  await ended(studio.process, "SIGTERM");
  rmSync(root, { recursive: true, force: true });
});

/** Fills the form with a training of so many steps, up to its start. */
async function fill(name: string, steps: number): Promise<void> {
  const { page } = visitor;
  await page.goto(`${studio.address}/#/runs?new=`);
  await page.getByRole("radio", { name: "language-model (judge)" }).check();
  await page.getByRole("radio", { name: "My own" }).check();
  await page.getByLabel(/Path on this machine/).fill(text);
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator(".report").getByText("words.txt").waitFor();
  for (const [label, value] of Object.entries({ Steps: steps, Batch: 8 }))
    await page.getByLabel(label, { exact: true }).fill(String(value));
  await page.locator("summary", { hasText: "Other" }).click();
  for (const [label, value] of Object.entries({ Length: 16, Width: 32, Heads: 2, Blocks: 1 }))
    await page.getByLabel(label, { exact: true }).fill(String(value));
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Name").blur();
}

test("a run is asked for in the form, seen while it trains, paused, resumed, and compared with another", async () => {
  const { page } = visitor;
  await page.goto(`${studio.address}/#/runs`);
  await page.getByText("No runs yet").waitFor();
  await visitor.expectGood();

  await fill("one", 100_000);
  await visitor.expectGood();
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("heading", { name: "one" }).waitFor();
  await page.getByText(/step \d+ of 100000/).waitFor();
  await page.getByRole("img", { name: /^loss: loss [\d.]+ at the end/ }).waitFor();
  await visitor.expectGood();

  await fill("two", 30);
  await page.getByRole("button", { name: "Put into the queue" }).click();
  await page.getByText("waiting, next").waitFor();
  await page.goto(`${studio.address}/#/runs?run=one`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  await page.goto(`${studio.address}/#/runs?run=two`);
  await page.getByText("finished", { exact: true }).waitFor();
  await page.getByText("30 steps", { exact: true }).waitFor();

  await page.goto(`${studio.address}/#/runs`);
  await page.getByRole("button", { name: "Compare" }).click();
  for (const box of await page.getByRole("checkbox", { name: "Compare" }).all()) await box.check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await page.getByRole("img", { name: /language-model: loss: .*two [\d.]+ at the end/ }).waitFor();
  await visitor.expectGood();

  await page.goto(`${studio.address}/#/runs?run=one`);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("training", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop now" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
});

test("a run whose server was killed stands on the page of the next server, and goes on from there", async () => {
  const { page } = visitor;
  await ended(studio.process, "SIGKILL");
  studio = await startStudio(root, join(root, "runs"));
  await page.goto(`${studio.address}/#/runs?run=one`);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("training", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("paused", { exact: true }).waitFor();
  visitor.problems.splice(0); // the connection that the killed server held
});

test("what goes wrong is a sentence in the page", async () => {
  const { page } = visitor;
  await fill("two", 30);
  await page.getByRole("button", { name: "Start" }).click();
  expect(await page.getByRole("alert").textContent()).toBe(
    'There is a run "two" already. Resume it, or choose another name.',
  );
  await page.getByLabel(/Path on this machine/).fill(join(root, "nowhere"));
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").getByText("nowhere").waitFor();
  expect(await page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
});

test("what changes while a run is being read is shown too", async () => {
  const { page } = visitor;
  const { address, token } = studio;
  const headers = { "content-type": "application/json", "x-fewstep-token": token };
  const state = async () => (await (await fetch(`${address}/api/runs/late`, { headers })).json()).state;
  let answers = 0;
  await page.route("**/api/runs/late", async (route) => {
    if (answers++ > 0) return route.continue();
    const response = await route.fetch();
    await expect.poll(state, { timeout: 60_000 }).toBe("finished");
    await page.waitForTimeout(2500); // the page hears of the end by an event
    await route.fulfill({ response });
  });
  await page.goto(`${address}/#/runs`);
  const set = { steps: 20, batch: 8, length: 16, width: 32, heads: 2, blocks: 1 };
  const body = JSON.stringify({ name: "late", method: "language-model", data: text, set });
  expect((await fetch(`${address}/api/runs`, { method: "POST", headers, body })).status).toBe(201);
  await page.goto(`${address}/#/runs?run=late`);
  await page.getByRole("img", { name: /^loss: loss [\d.]+ at the end/ }).waitFor();
  expect(answers).toBeGreaterThan(1);
});
