import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type * as Fewstep from "../../src/browser.js";
import { difference, nodesSneaker, openStandalone } from "./site.js";

let standalone: Awaited<ReturnType<typeof openStandalone>>;
let page: Page;
let said: string[];
let expected: number[];

declare const fewstep: typeof Fewstep;
declare global {
  /** What a test leaves on the page for its next step. */
  var kept: any;
}

beforeAll(async () => {
  const script = 'import * as fewstep from "/fewstep/fewstep.js"; globalThis.fewstep = fewstep;';
  standalone = await openStandalone(`<script type="module">${script}</script>`);
  expected = await nodesSneaker();
}, 240_000);
afterAll(() => standalone?.close());
beforeEach(() => {
  standalone.site.isolated = true;
  standalone.site.cut.clear();
});

async function open(): Promise<void> {
  await page?.close();
  ({ page, said } = await standalone.open());
  await page.waitForFunction("globalThis.fewstep");
}
const closeTo = (pixels: readonly number[]) => expect(difference(pixels, expected)).toBeLessThanOrEqual(2);
const asked = (path: string) => standalone.site.requests.filter((request) => request.includes(path));

/** Draws the sneaker. */
const sneaker = (options: object) =>
  page.evaluate(async (options) => {
    const generator = await fewstep.createGenerator("models/drifting-fashion", { kind: "image", ...options });
    const pictures = await generator.sample({ label: "sneaker", seed: 7 });
    const bitmap = await pictures.imageBitmap();
    const { type, size } = await pictures.blob();
    const { device, threads, worker, name } = generator;
    await generator.dispose();
    const data = [...pictures.imageData().data];
    return { data, device, threads, worker, name, width: bitmap.width, file: [type, size > 100] };
  }, options);

test("a worker draws as Node does, with threads where the page is isolated; and so does the page itself", async () => {
  await open();
  for (const worker of [true, false]) {
    const { data, ...rest } = await sneaker({ worker });
    closeTo(data);
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    expect(rest).toEqual({
      ...{ device: "wasm", threads: Math.min(4, cores), worker, name: "drifting-fashion", width: 28 },
      file: ["image/png", true],
    });
  }
  expect(said).toEqual([]);
});

test("a page without isolation draws with one thread, and says once what would make it faster", async () => {
  standalone.site.isolated = false;
  await open();
  for (let i = 0; i < 2; i++) {
    const { data, threads } = await sneaker({});
    closeTo(data);
    expect(threads).toBe(1);
  }
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/one thread.*Cross-Origin-Embedder-Policy/);
});

test("WebGPU draws the same, and a lost device is said", async () => {
  await open();
  const { data, device } = await sneaker({ device: "webgpu" });
  closeTo(data);
  expect(device).toBe("webgpu");
  const error = await page.evaluate(async () => {
    let device: any;
    const request = (globalThis as any).GPUAdapter.prototype.requestDevice;
    (globalThis as any).GPUAdapter.prototype.requestDevice = async function (this: any, ...args: any[]) {
      device = await request.apply(this, args);
      return device;
    } as never;
    const generator = await fewstep.createGenerator("/kinds/flow-pixel", { device: "webgpu", worker: false });
    await generator.sample({ steps: 1 });
    device.destroy();
    await device.lost;
    const error = await generator.sample({ steps: 1 }).catch((error: Error) => `${error.name}: ${error.message}`);
    await generator.dispose();
    return error;
  });
  expect(error).toMatch(/^DeviceLost: The GPU was lost \(destroyed.*Make the generator anew/);
});

test("a worker's errors are of their class, aborts come with their reason, and its progress is told", async () => {
  await open();
  const result = await page.evaluate(async () => {
    const told: [string, number, number | null][] = [];
    const generator = await fewstep.createGenerator("/kinds/flow-pixel", {
      kind: "image",
      device: "wasm",
      cache: false,
      onProgress: ({ task, done, total }) => void told.push([task, done, total]),
    });
    const wrong = await generator.sample({ steps: 0 }).catch((error: unknown) => error);
    const controller = new AbortController();
    const steps: number[] = [];
    const drawing = generator.sample(
      { steps: 1000 },
      {
        signal: controller.signal,
        onProgress(done) {
          steps.push(done);
          if (done === 3) controller.abort("that will do");
        },
      },
    );
    const waiting = generator.sample({ steps: 1000 }, { signal: controller.signal });
    const reasons = [await drawing.catch((reason) => reason), await waiting.catch((reason) => reason)];
    const outputs = [];
    for await (const { step, output } of generator.stream({ steps: 5 })) {
      outputs.push([step, output.count]);
      if (step === 2) break;
    }
    await generator.dispose();
    const after = await generator.sample().catch(({ name }) => name);
    const none = await fewstep.createGenerator("/nowhere").catch(({ name, message }) => `${name}: ${message}`);
    return {
      own: wrong instanceof fewstep.OptionError,
      message: (wrong as Error).message,
      reasons,
      outputs,
      after,
      none,
      told,
    };
  });
  expect(result).toMatchObject({
    own: true,
    message: expect.stringMatching(/steps must be a whole number in \[1, 1000\], got 0/),
    reasons: ["that will do", "that will do"],
    outputs: [
      [1, 1],
      [2, 1],
    ],
    after: "AbortError",
    none: expect.stringMatching(/^FetchError: .*nowhere\/config\.json could not be fetched: the server answered 404/),
  });
  const size = readFileSync(join(standalone.folder, "kinds/flow-pixel/model.safetensors")).length;
  expect(result.told.at(-1)).toEqual(["fetching model.safetensors", size, size]);
});

test("files are kept, replaced when they change, used without a server, and never half", async () => {
  const weights = "/kinds/drifting/model.safetensors";
  const { site, folder } = standalone;
  await open();
  const draw = (options = {}) =>
    page.evaluate(async (options) => {
      const generator = await fewstep.createGenerator("/kinds/drifting", {
        ...{ kind: "image", device: "wasm", worker: false },
        ...options,
      } as { kind: "image" });
      globalThis.kept = generator;
      return [...(await generator.sample({ label: 1, seed: 3 })).images.pixels];
    }, options);
  const end = () => page.evaluate(() => globalThis.kept.dispose());

  site.cut.add(weights);
  await page.evaluate(() => fewstep.clearCache());
  await expect(draw()).rejects.toThrow(/model\.safetensors could not be fetched/);
  expect(await page.evaluate(async () => (await (await caches.open("fewstep-models")).keys()).length)).toBe(0);
  site.cut.clear();

  const first = await draw();
  await end();
  site.requests.length = 0;
  expect(await draw()).toEqual(first);
  await end();
  expect(asked("/kinds/")).toEqual(["HEAD /kinds/drifting/config.json", `HEAD ${weights}`]);

  // Without a server for the model
  await page.route("**/kinds/**", (route) => route.abort());
  expect(await draw()).toEqual(first);
  await end();
  await page.unroute("**/kinds/**");

  // Another file of the same size: its last weights are others
  const changed = readFileSync(join(folder, weights));
  changed.set(changed.subarray(changed.length - 400, changed.length - 200), changed.length - 200);
  site.files.set(weights, changed);
  await expect(draw()).rejects.toThrow(/not the one that config\.json was written with/);
  const config = "/kinds/drifting/config.json";
  const described = JSON.parse(readFileSync(join(folder, config), "utf8"));
  const sha256 = createHash("sha256").update(changed).digest("hex");
  site.files.set(config, Buffer.from(JSON.stringify({ ...described, sha256 })));
  const second = await draw();
  await end();
  expect(second).not.toEqual(first);
  expect(await draw()).toEqual(second);
  await end();

  for (const file of [weights, config]) site.files.delete(file);
  expect(await draw({ cache: false })).toEqual(first);
  await end();
  await page.evaluate(() => fewstep.clearCache());
  site.requests.length = 0;
  expect(await draw()).toEqual(first);
  await end();
  expect(asked("/kinds/")).toEqual(["GET /kinds/drifting/config.json", `GET ${weights}`]);
});

test("files that somebody drops are a model too; where no worker starts, the page draws and says so", async () => {
  await open();
  const draw = (broken: boolean) =>
    page.evaluate(async (broken) => {
      const blob = async (file: string) => (await fetch(`/models/drifting-fashion/${file}`)).blob();
      const files = {
        "config.json": await blob("config.json"),
        "model.safetensors": new File([await blob("model.safetensors")], "mine.safetensors"),
      };
      const Native = window.Worker;
      if (broken)
        window.Worker = class extends Native {
          constructor(url: string | URL, options?: WorkerOptions) {
            super(String(url).includes("generator-worker") ? "/no-such-file.js" : url, options);
          }
        };
      const generator = await fewstep.createGenerator(files, { kind: "image", device: "wasm" });
      const pictures = await generator.sample({ label: "sneaker", seed: 7 });
      await generator.dispose();
      return { data: [...pictures.imageData().data], worker: generator.worker };
    }, broken);
  const whole = await draw(false);
  closeTo(whole.data);
  expect(whole.worker).toBe(true);
  const own = await draw(true);
  closeTo(own.data);
  expect(own.worker).toBe(false);
  expect(said.filter((text) => text.startsWith("fewstep"))).toEqual([
    expect.stringMatching(/in the page's own thread.*generator-worker\.js/),
  ]);
});
