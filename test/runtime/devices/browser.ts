import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { build } from "esbuild";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { withoutNode } from "../../../scripts/build-web.js";
import { type Browser, findBrowser } from "../../../src/runtime/browser.js";

const HOW =
  "The WebGPU and browser tests need Chrome or Chromium: set CHROME_PATH, or install one (in CI: apt-get install chromium libvulkan1), or on Linux x64 run npm ci for the one in @sparticuz/chromium.";

/** The browser of this machine; no browser is a failure, not a reason to skip. */
export async function requireBrowser(): Promise<Browser> {
  const browser = await findBrowser();
  if (!browser) throw new Error(`No browser was found. ${HOW}`);
  return browser;
}

/**
 * WebAssembly is compiled quickly, and not once more for speed: pages that draw a few pictures spend most of their time
 * on that.
 */
export const QUICKLY = "--js-flags=--liftoff-only";

/** The folder with SwiftShader's Vulkan driver, which comes with Chromium. */
export async function swiftshaderFolder(): Promise<string> {
  const { path } = await requireBrowser();
  const folders = [
    dirname(realpathSync(path)),
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/usr/lib64/chromium-browser",
    "/opt/google/chrome",
  ];
  const folder = folders.find((name) => existsSync(join(name, "vk_swiftshader_icd.json")));
  if (!folder) throw new Error(`SwiftShader (vk_swiftshader_icd.json) was not found beside ${path}. ${HOW}`);
  return folder;
}

const root = resolve(import.meta.dirname, "../../..");
const ortFolder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves the page, bundled, and the runtime's files; cross-origin isolated, so that WASM threads work. */
async function serve(): Promise<Server> {
  const entryPoints = {
    page: join(import.meta.dirname, "page.ts"),
    "worker-session": join(root, "src/web/session-worker.ts"),
  };
  const bundle = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: "/bundle",
    write: false,
    define: { process: "undefined" },
    plugins: [await withoutNode(entryPoints)],
  });
  const files = new Map(
    bundle.outputFiles.map(({ path, contents }) => [path.slice("/bundle".length), contents as Uint8Array]),
  );
  files.set(
    "/",
    new TextEncoder().encode('<!doctype html><title>fewstep</title><script type="module" src="/page.js"></script>'),
  );
  const server = createServer((request, response) => {
    const url = request.url!.split("?")[0];
    const name = url.startsWith("/ort/")
      ? join(ortFolder, url.slice(5))
      : url.startsWith("/models/")
        ? join(root, url)
        : null;
    const body = files.get(url) ?? (name && !url.includes("..") && existsSync(name) ? readFileSync(name) : null);
    response.writeHead(body ? 200 : 404, {
      "content-type": TYPES[extname(url) || ".html"] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(body ?? "not found");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens the test page in a headless browser; `close` ends the browser and the server. */
export async function openPage(): Promise<{ page: Page; errors: string[]; close(): Promise<void> }> {
  const { path } = await requireBrowser();
  const server = await serve();
  const profile = mkdtempSync(join(tmpdir(), "fewstep-browser-"));
  let context: BrowserContext | undefined;
  const close = async () => {
    await context?.close();
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    context = await chromium.launchPersistentContext(profile, { executablePath: path, headless: true, args: FLAGS });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("window.fewstep !== undefined", undefined, { timeout: 60_000 });
    return { page, errors, close };
  } catch (error) {
    await close();
    throw new Error(`The browser ${path} did not open the test page: ${(error as Error).message}\n${HOW}`);
  }
}
