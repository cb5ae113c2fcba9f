import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { QUICKLY, requireBrowser } from "../runtime/devices/browser.js";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** A static host that knows nothing of the studio: files of a folder under a base path, without any special header. */
export class StaticHost {
  private constructor(
    private readonly server: Server,
    readonly base: string,
  ) {}

  static async start(folder: string, base = "/"): Promise<StaticHost> {
    const server = createServer(({ url = "/" }, response) => {
      const { pathname } = new URL(url, "http://localhost");
      const name = pathname.startsWith(base) ? decodeURIComponent(pathname.slice(base.length)) || "index.html" : "";
      const path = join(folder, name);
      const body = name && !name.includes("..") && existsSync(path) && extname(path) ? readFileSync(path) : null;
      response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return new StaticHost(server, base);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.base}`;
  }

  /** Goes off the network: open connections end too. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** The browser of a file's visitors, while there are any. */
let shared: Promise<Browser> | undefined;
let visitors = 0;

async function launch(): Promise<Browser> {
  const { path } = await requireBrowser();
  // A camera that shows a moving test picture and a microphone that hears beeps, given to whoever asks
  const camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  return chromium.launch({ executablePath: path, args: ["--no-sandbox", QUICKLY, ...camera] });
}

/** Somebody with a profile of their own and one page at a time, which keeps what went wrong in it. */
export class Visitor {
  readonly problems: string[] = [];
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async open(
    options: { width?: number; height?: number; dark?: boolean; scale?: number } = {},
  ): Promise<Visitor> {
    const { width = 1440, height = 900, dark = false, scale = 1 } = options;
    visitors++;
    shared ??= launch();
    const browser = await shared;
    const context = await browser.newContext({
      viewport: { width, height },
      deviceScaleFactor: scale,
      colorScheme: dark ? "dark" : "light",
      permissions: ["clipboard-read", "clipboard-write", "camera", "microphone"],
      acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const visitor = new Visitor(context, page);
    page.on("pageerror", (error) => visitor.problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") visitor.problems.push(`${message.text()} (${message.location().url})`);
    });
    return visitor;
  }

  /**
   * Comes to a page for the first time: its service worker loads it once more, with headers that the host does not send,
   * which would end what a test does in the meantime.
   */
  async arrive(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.waitForFunction("self.crossOriginIsolated");
  }

  /** No console error so far, and no serious or critical violation of accessibility on the page as it stands. */
  async expectGood(): Promise<void> {
    // In the middle of a transition colours are those of neither end: without motion there is none
    await this.page.emulateMedia({ reducedMotion: "reduce" });
    // Put together in the page itself, which has no frames, rather than in another one; passes need no list of nodes
    const axe = new AxeBuilder({ page: this.page }).setLegacyMode().options({ resultTypes: ["violations"] });
    const { violations } = await axe.analyze();
    await this.page.emulateMedia({ reducedMotion: null });
    const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const told = bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    expect(told).toEqual([]);
    expect(this.problems).toEqual([]);
  }

  /** Drops a file on what a selector finds, at a share of its width. */
  async drop(selector: string, path: string, across = 0.5): Promise<void> {
    const file = { name: basename(path), bytes: readFileSync(path).toString("base64") };
    await this.page.locator(selector).evaluate(
      (target, { name, bytes, across }) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
        const { left, top, width, height } = target.getBoundingClientRect();
        const at = { clientX: left + across * width, clientY: top + height / 2 };
        target.dispatchEvent(new DragEvent("drop", { dataTransfer, ...at, bubbles: true, cancelable: true }));
      },
      { ...file, across },
    );
  }

  /** RGBA of a canvas. */
  async pixels(selector: string): Promise<number[]> {
    return this.page
      .locator(selector)
      .first()
      .evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        return [...(canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height).data];
      });
  }

  /** Waits until a canvas shows something else than one colour. */
  async drawn(selector: string): Promise<void> {
    await this.page.waitForFunction((selected) => {
      const canvas = document.querySelector<HTMLCanvasElement>(selected);
      if (!canvas) return false;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, i) => i % 4 < 3 && value !== data[i % 4]);
    }, selector);
  }

  /** Presses Tab until what fits the selector has the focus; on the way it is seen where the focus stands. */
  async tabTo(selector: string): Promise<void> {
    for (let i = 0; i < 100; i++) {
      await this.page.keyboard.press("Tab");
      const { there, seen, what } = await this.page.evaluate((selector) => {
        const element = document.activeElement!;
        let seen = element === document.body; // between the last and the first
        for (let one: Element | null = element, up = 0; one && up < 3; one = one.parentElement, up++) {
          const { outlineStyle, outlineWidth } = getComputedStyle(one);
          seen ||= outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
        }
        return { there: element.matches(selector), seen, what: element.outerHTML.slice(0, 160) };
      }, selector);
      expect(seen, `the focus cannot be seen on ${what}`).toBe(true);
      if (there) return;
    }
    throw new Error(`Tab never comes to ${selector}.`);
  }

  /** Goes; the last one closes the browser. */
  async close(): Promise<void> {
    await this.context.close();
    if (--visitors > 0) return;
    const browser = await shared;
    shared = undefined;
    await browser?.close();
  }
}
