import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildStandalone } from "../scripts/build-web.js";
import { openBrowser, openSite, ortFolder, root, type Site } from "../test/web/site.js";

/** The folder of a model's files, by shipped name, or folder of a model or a run. */
function filesOf(model: string): string {
  const places = [join(root, "models", model), resolve(model), resolve(model, "model")];
  const found = places.find((place) => existsSync(join(place, "model.safetensors")));
  if (!found) throw new Error(`There is no model at ${model}.`);
  return found;
}

/** What a function that runs on a page with `fewstep` and a model at "/model" gives, on a new page for each of what it is asked. */
export async function onModelPages<Asked, Found>(
  model: string,
  onPage: (asked: Asked) => Promise<Found>,
  all: readonly Asked[],
): Promise<Found[]> {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
  let site: Site | undefined;
  const browser = await openBrowser();
  try {
    await buildStandalone(join(folder, "fewstep"));
    site = await openSite({ "/": folder, "/fewstep/": ortFolder, "/model/": filesOf(model) });
    // What is sent to the page is compiled with names kept, by a helper that the page lacks
    const head = "<!doctype html><title>bench</title><script>globalThis.__name = (made) => made;</script>";
    const script = 'import * as fewstep from "/fewstep/fewstep.js"; globalThis.fewstep = fewstep;';
    site.files.set("/index.html", `${head}<script type="module">${script}</script>`);
    const found: Found[] = [];
    for (const asked of all) {
      const page = await browser.context.newPage();
      await page.goto(site.url);
      await page.waitForFunction("globalThis.fewstep", undefined, { timeout: 60_000 });
      found.push(await page.evaluate(onPage as (asked: unknown) => Promise<Found>, asked));
      await page.close();
    }
    return found;
  } finally {
    await browser.close();
    site?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
