import { join } from "node:path";
import { openPage } from "../test/runtime/devices/browser.js";
import { decodeTimes } from "../test/runtime/devices/latency.js";
import type { api } from "../test/runtime/devices/page.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

const MODELS = ["sphere-fashion", "sphere-emoji"];

/**
 * Time from a latent to a picture, one at a time, so that an edit can follow the pointer (16 ms for 60 pictures a
 * second).
 */
export async function run({ note, quick }: BenchOptions) {
  const repeats = quick ? 20 : 200;
  const rows = [];
  const { page, close } = await openPage();
  try {
    for (const model of MODELS) {
      note(model);
      const folder = join(import.meta.dirname, "../models", model);
      const places = {
        "Node, native CPU": await decodeTimes(folder, "cpu", repeats),
        "Node, WASM": await decodeTimes(folder, "wasm", repeats),
        "browser, WASM": await page.evaluate(
          ([name, n]) =>
            (window as unknown as { fewstep: typeof api }).fewstep.decodeTimes(name as string, n as number),
          [model, repeats],
        ),
      };
      for (const [where, times] of Object.entries(places)) {
        const sorted = times.toSorted((a, b) => a - b);
        rows.push({ model, where, ms: round(median(times)), ms95: round(sorted[Math.floor(0.95 * sorted.length)]) });
      }
    }
  } finally {
    await close();
  }
  return { machine: machine(), load: load(), rows };
}

export const show = ({ rows }: Awaited<ReturnType<typeof run>>): string =>
  table(
    ["model", "where", "ms, median", "ms, 95th percentile"],
    rows.map((row) => Object.values(row)),
  );
