import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FewStepElement } from "../../src/element.js";
import { difference, nodesSneaker, openStandalone } from "./site.js";

const HTML = `<html lang="en"><main><h1>Shoes</h1>
<few-step id="a" model="models/drifting-fashion" label="sneaker" seed="7"></few-step>
<few-step id="b" model="models/drifting-fashion" label="bag"></few-step></main>
<script>
  globalThis.events = [];
  for (const type of ["draw", "error"])
    addEventListener(type, (event) => {
      if (event.target.localName === "few-step") events.push(event.target.id + " " + type);
    }, true);
  globalThis.workers = [];
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      super(url, options);
      workers.push(String(url).includes("generator-worker") ? "started" : "other");
    }
    terminate() {
      workers.push("ended");
      super.terminate();
    }
  };
</script>
<script type="module" src="/fewstep/element.js"></script>`;

let standalone: Awaited<ReturnType<typeof openStandalone>>;
let page: Page;
let said: string[];
beforeAll(async () => {
  standalone = await openStandalone(HTML);
  ({ page, said } = await standalone.open());
}, 240_000);
afterAll(() => standalone?.close());

declare const events: string[];
declare const workers: string[];

/** Waits until an event has come so many times. */
const waitFor = (event: string, times = 1) =>
  page.waitForFunction(([event, times]) => events.filter((own) => own === event).length >= (times as number), [
    event,
    times,
  ] as const);
const change = (id: string, attributes: Record<string, string | null>) =>
  page.evaluate(
    ([id, attributes]) => {
      for (const [name, value] of Object.entries(attributes))
        if (value === null) document.getElementById(id)!.removeAttribute(name);
        else document.getElementById(id)!.setAttribute(name, value);
    },
    [id, attributes] as const,
  );
const pixels = (id: string) =>
  page.evaluate((id) => {
    const canvas = document.getElementById(id)!.shadowRoot!.querySelector("canvas")!;
    return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
  }, id);

test("elements draw what their attributes say, and share one worker", async () => {
  await Promise.all([waitFor("a draw"), waitFor("b draw")]);
  expect(said).toEqual([]);
  expect(difference(await pixels("a"), await nodesSneaker())).toBeLessThanOrEqual(2);
  expect(await pixels("b")).not.toEqual(await pixels("a"));
  expect(await page.evaluate(() => workers)).toEqual(["started"]);
  await expect(page.getByRole("img", { name: "Sneaker, drawn by drifting-fashion" }).count()).resolves.toBe(1);
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
});

test("a changed attribute draws anew, and only the newest of many is drawn", async () => {
  const before = await pixels("a");
  const drawn = () => page.evaluate(() => events.filter((event) => event === "a draw").length);
  const first = await drawn();
  await page.evaluate(async () => {
    for (let seed = 100; seed < 140; seed++) {
      document.getElementById("a")!.setAttribute("seed", String(seed));
      await Promise.resolve();
    }
  });
  await waitFor("a draw", first + 2);
  expect(await pixels("a")).not.toEqual(before);
  expect(await drawn()).toBeLessThan(first + 5);
  await change("a", { seed: "7" });
  await waitFor("a draw", first + 3);
  expect(await pixels("a")).toEqual(before);
});

test("what cannot be drawn is said in words and by an event, until it can", async () => {
  await change("a", { guidance: "50" });
  await waitFor("a error");
  const alert = page.getByRole("alert");
  expect(await alert.textContent()).toMatch(/guidance must be a number in \[1, 4\], got 50/);
  await change("a", { guidance: null, steps: "3" });
  await waitFor("a error", 2);
  expect(await alert.textContent()).toMatch(/takes no "steps"/);
  await change("a", { steps: null, model: "/nowhere" });
  await waitFor("a error", 3);
  expect(await alert.textContent()).toMatch(/nowhere\/config\.json could not be fetched/);
  await change("a", { model: null });
  await waitFor("a error", 4);
  expect(await alert.textContent()).toMatch(/needs the attribute "model"/);
  const drawn = await page.evaluate(() => events.filter((event) => event === "a draw").length);
  await change("a", { model: "models/drifting-fashion" });
  await waitFor("a draw", drawn + 1);
  expect(await alert.count()).toBe(0);
});

test("an element that is moved keeps its generator; the last that is removed ends it", async () => {
  await page.evaluate(() => workers.splice(0));
  await page.evaluate(async () => {
    document.querySelector("main")!.prepend(document.getElementById("b")!);
    document.getElementById("a")!.remove();
    await new Promise((resolve) => setTimeout(resolve));
  });
  expect(await page.evaluate(() => workers)).toEqual([]);
  await page.evaluate(() => document.getElementById("b")!.remove());
  await page.waitForFunction(() => workers.includes("ended"));
  expect(await page.evaluate(() => workers)).toEqual(["ended"]);
});

test("a server that renders pages can import it", async () => {
  const { FewStepElement: own } = await import("../../src/element.js");
  expect((own as typeof FewStepElement).observedAttributes).toEqual(["model", "label", "seed", "guidance", "steps"]);
});
