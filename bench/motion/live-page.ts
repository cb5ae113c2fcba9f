import type * as Fewstep from "../../src/browser.js";
import { onModelPages } from "../model-page.js";
import { median, round } from "../report.js";
import { type Pace, sessionOf } from "./live.js";

declare const fewstep: typeof Fewstep;

/** How fast motion comes in Chromium, by WebAssembly, at each pace. */
export async function inBrowser(model: string, paces: readonly Pace[], threads: number) {
  const asked = paces.map((pace) => ({ options: sessionOf(pace), threads }));
  const found = await onModelPages(model, onPage, asked);
  return found.map(({ load, cold, warm, speed, used }, i) => ({
    ...paces[i],
    ...{ threads: used, realTime: round(speed), loadMs: round(load), coldMs: round(cold), warmMs: round(median(warm)) },
  }));
}

/** Runs on the page. */
async function onPage({ options, threads }: { options: object; threads: number }) {
  const start = performance.now();
  const generator = await fewstep.createGenerator("/model", { kind: "motion", device: "wasm", threads, cache: false });
  const load = performance.now() - start;
  /** Milliseconds from a text to the first block, of a session of its own. */
  const first = async () => {
    const asked = performance.now();
    const session = await generator.open({ ...options });
    await session.next();
    const ms = performance.now() - asked;
    await session.close();
    return ms;
  };
  const cold = await first();
  const warm: number[] = [];
  for (let i = 0; i < 5; i++) warm.push(await first());
  const session = await generator.open({ ...options });
  for (let i = 0; i <= session.delay; i++) await session.next();
  const count = 30;
  const began = performance.now();
  for (let i = 0; i < count; i++) await session.next();
  const seconds = (performance.now() - began) / 1000;
  const speed = (count * session.frames) / session.fps / seconds;
  await session.close();
  const used = generator.threads;
  await generator.dispose();
  return { load, cold, warm, speed, used };
}
