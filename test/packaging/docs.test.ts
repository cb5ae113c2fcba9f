import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";
import type { Page } from "playwright-core";
import { build, type PluginOption } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { QUICKLY } from "../runtime/devices/browser.js";
import { difference, nodesSneaker, openBrowser, openSite, root, type Site } from "../web/site.js";
import { type App, packedApp } from "./packed.js";

/** Code of docs/browser.md by language. */
const blocks = [...readFileSync(join(root, "docs/browser.md"), "utf8").matchAll(/^```(\w+)\n(.*?)^```/gms)].map(
  ([, language, code]) => ({ language, code }),
);
const code = (language: string) => blocks.filter((block) => block.language === language).map((block) => block.code);

let app: App;
let browser: Awaited<ReturnType<typeof openBrowser>>;
let site: Site;
let expected: number[];
beforeAll(async () => {
  app = await packedApp();
  app.link("svelte", "react", "react-dom", "vue");
  mkdirSync(join(app.folder, "node_modules/fewstep-models"));
  const models = join(root, "models/drifting-fashion");
  symlinkSync(models, join(app.folder, "node_modules/fewstep-models/drifting-fashion"));
  cpSync(models, join(app.folder, "public/models/drifting-fashion"), { recursive: true });
  writeFileSync(join(app.folder, "package.json"), '{ "type": "module" }');
  browser = await openBrowser(QUICKLY);
  site = await openSite({ "/": app.folder });
  expected = await nodesSneaker();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  site?.close();
  app?.remove();
});

/** Opens a page of the app and hands it to `use`; nothing may go wrong on it. */
async function visit(path: string, use: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.context.newPage();
  const said: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
  page.on("pageerror", ({ message }) => void said.push(message));
  await page.goto(new URL(path, site.url).href);
  await use(page);
  expect(said.filter((text) => !/favicon|404/.test(text))).toEqual([]);
  await page.close();
}

/** Waits until the canvas has another picture than before, and gives it. */
async function picture(page: Page, before: readonly number[] | null = null): Promise<number[]> {
  const drawn = await page.waitForFunction((before) => {
    const element = document.querySelector("few-step")?.shadowRoot ?? document;
    const canvas = element.querySelector("canvas");
    if (canvas?.width !== 28) return null;
    const { data } = canvas.getContext("2d", { willReadFrequently: true })!.getImageData(0, 0, 28, 28);
    const text = String(data);
    return data.some((value, i) => i % 4 < 3 && value > 0) && text !== before ? text : null;
  }, before && String(before));
  return String(await drawn.jsonValue())
    .split(",")
    .map(Number);
}

/** The slider's first picture is Node's, and another seed's another. */
async function expectSlider(page: Page): Promise<void> {
  const first = await picture(page);
  expect(difference(first, expected)).toBeLessThanOrEqual(2);
  await page.locator("input").fill("8");
  expect(difference(await picture(page, first), expected)).toBeGreaterThan(20);
}

test("pages without a bundler: the files that are named are enough, for the element and for a script", async () => {
  for (const command of code("sh")) execFileSync("sh", ["-e", "-c", command], { cwd: app.folder });
  const [element, slider] = code("html");
  writeFileSync(join(app.folder, "site/element.html"), element);
  writeFileSync(join(app.folder, "site/slider.html"), slider);
  await visit("site/element.html", async (page) => {
    expect(difference(await picture(page), expected)).toBeLessThanOrEqual(2);
  });
  await visit("site/slider.html", expectSlider);
});

const frameworks: Record<string, { file: string; main: string; plugins: PluginOption[] }> = {
  svelte: {
    file: "App.svelte",
    main: 'import { mount } from "svelte"; import App from "./App.svelte"; mount(App, { target: document.body });',
    plugins: [svelte({ configFile: false, prebundleSvelteLibraries: false })],
  },
  jsx: {
    file: "App.jsx",
    main: `import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import App from "./App.jsx";
createRoot(document.body.appendChild(document.createElement("div"))).render(createElement(StrictMode, null, createElement(App)));`,
    plugins: [],
  },
  vue: {
    file: "App.vue",
    main: 'import { createApp } from "vue"; import App from "./App.vue"; createApp(App).mount(document.body);',
    plugins: [vue()],
  },
};

test.each(Object.keys(frameworks))("%s: the example is built by Vite and draws as Node does", async (language) => {
  const { file, main, plugins } = frameworks[language];
  const [example] = code(language);
  writeFileSync(join(app.folder, file), example);
  writeFileSync(join(app.folder, `${language}.js`), main);
  writeFileSync(join(app.folder, "index.html"), `<body></body><script type="module" src="/${language}.js"></script>`);
  const outDir = join(app.folder, `out-${language}`);
  await build({
    ...{ root: app.folder, base: "./", configFile: false, logLevel: "error", plugins },
    build: { outDir, minify: false },
  });
  await visit(`out-${language}/index.html`, expectSlider);
});

test("examples/browser is bundled and draws", async () => {
  const server = spawn(process.execPath, ["--import", "tsx", "examples/browser/serve.ts"], { cwd: root });
  try {
    const said = await new Promise<string>((resolve, reject) => {
      let text = "";
      for (const stream of [server.stdout, server.stderr])
        stream.on("data", (data) => {
          text += data;
          if (/http:\S+\n/.test(text)) resolve(text);
        });
      server.on("exit", () => reject(new Error(text)));
    });
    await visit(/http:\S+/.exec(said)![0], async (page) => {
      await page.waitForFunction(() => (document.getElementById("status") as HTMLOutputElement).value.includes(" ms"));
      const status = await page.locator("#status").textContent();
      expect(status).toMatch(/^1 network evaluation\(s\), \d+ ms, wasm, 1 thread\(s\)$/);
      expect(await page.locator("option").count()).toBe(10);
      await picture(page);
    });
  } finally {
    server.removeAllListeners("exit");
    server.kill();
  }
});

test("what a generator does: the example runs", async () => {
  const [script] = code("js");
  const html = `<script type="module">
import { createGenerator } from "./fewstep/fewstep.js";
${script}
globalThis.ended = [generator.name, pictures.count];
</script>`;
  writeFileSync(join(app.folder, "site/tour.html"), html);
  await visit("site/tour.html", async (page) => {
    await page.waitForFunction("globalThis.ended");
    expect(await page.evaluate("ended")).toEqual(["drifting-fashion", 4]);
  });
});
