import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { buildStandalone } from "../../scripts/build-web.js";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { loadModel } from "../../src/methods/load.js";
import { QUICKLY, requireBrowser } from "../runtime/devices/browser.js";

export const root = resolve(import.meta.dirname, "../..");
/** The folder with the runtime's files for browsers. */
export const ortFolder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** A static site: folders by the beginning of their paths, and single files made of text. */
export interface Site {
  readonly url: string;
  /** What has been asked for, as "GET /path". */
  readonly requests: string[];
  /** Whether pages are cross-origin isolated, and so have threads. */
  isolated: boolean;
  /** Files by their path; a null is answered with 404, "cut" with half of the file. */
  readonly files: Map<string, Buffer | string | null>;
  readonly cut: Set<string>;
  close(): void;
}

export async function openSite(folders: Record<string, string>): Promise<Site> {
  const requests: string[] = [];
  const files: Site["files"] = new Map();
  const cut = new Set<string>();
  const read = (path: string): Buffer | string | null => {
    const own = files.get(path);
    if (own !== undefined) return own;
    const start = Object.keys(folders)
      .filter((name) => path.startsWith(name))
      .sort((a, b) => b.length - a.length)
      .find((name) => existsSync(join(folders[name], path.slice(name.length))));
    return start === undefined || path.endsWith("/")
      ? null
      : readFileSync(join(folders[start], path.slice(start.length)));
  };
  const server = createServer(({ url = "/", method }, response) => {
    const path = url.split("?")[0];
    requests.push(`${method} ${path}`);
    const body = read(path === "/" ? "/index.html" : path);
    const bytes = Buffer.from(body ?? "not found");
    response.writeHead(body === null ? 404 : 200, {
      "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream",
      "content-length": bytes.length,
      "cache-control": /\.(wasm|js|mjs)$/.test(path) ? "max-age=600" : "no-store",
      etag: `"${createHash("md5").update(bytes).digest("hex")}"`,
      ...(site.isolated && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
    });
    if (method === "HEAD") return response.end();
    if (!cut.has(path)) return response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2));
    setTimeout(() => response.destroy(), 50);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const site: Site = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    isolated: true,
    files,
    cut,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return site;
}

/** WebGPU by a CPU, which a page takes only where it is asked to. */
const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

/** A browser with a profile of its own. */
export async function openBrowser(...more: string[]): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), "fewstep-web-"));
  const { path: executablePath } = await requireBrowser();
  const args = ["--no-sandbox", "--no-first-run", "--disable-background-networking", ...SOFTWARE_GPU, ...more];
  args.push("--use-vulkan=swiftshader", "--use-angle=swiftshader");
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A site with the package for pages without a bundler, the shipped models and small ones, and a browser to open it. */
export async function openStandalone(html: string) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-standalone-"));
  await Promise.all([buildStandalone(join(folder, "fewstep")), writeKinds(join(folder, "kinds"))]);
  const site = await openSite({ "/": folder, "/fewstep/": ortFolder, "/models/": join(root, "models") });
  site.files.set("/index.html", `<!doctype html><title>page</title><link rel="icon" href="data:," />${html}`);
  const browser = await openBrowser(QUICKLY);
  return {
    folder,
    site,
    /** Opens the page, and keeps what it says in its console. */
    async open(): Promise<{ page: Page; said: string[] }> {
      const page = await browser.context.newPage();
      const said: string[] = [];
      page.on("console", (message) => void said.push(message.text()));
      page.on("pageerror", ({ message }) => void said.push(message));
      await page.goto(site.url);
      return { page, said };
    },
    async close() {
      await browser.close();
      site.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A sneaker as Node draws it with drifting-fashion, [28·28·4]. */
export async function nodesSneaker(): Promise<number[]> {
  const model = await loadModel("drifting-fashion", { kind: "image", device: "wasm" });
  const images = await model.sample({ label: "sneaker", seed: 7 });
  await model.release();
  return [...images.toRgba()];
}

/** The largest difference between two pictures, in levels of 255. */
export function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} numbers are not of one picture.`);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}
