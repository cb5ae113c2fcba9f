/** Pictures of the studio's pages for docs/studio: `npx tsx scripts/studio-pictures.ts [page…]`, after `npm run build`. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { StaticHost, Visitor } from "../test/studio/site.js";
import { buildStudio } from "./build-studio.js";

const PAGES: Record<string, string> = {
  play: "#/play?model=drifting-emoji&seed=40&keep=40.0_41.1_42.2_44.4&x=0.35&y=0.4",
  edit: "#/edit?model=sphere-fashion",
  text: "#/text?model=duo-text",
  compare: "#/compare",
  learn: "#/learn",
  models: "#/models?model=drifting-fashion",
};
const LOOKS = { light: {}, dark: { dark: true }, phone: { width: 390, height: 844 } };

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "fewstep-pictures-"));
const out = resolve("docs/studio");
mkdirSync(out, { recursive: true });
await buildStudio(folder);
const host = await StaticHost.start(folder);
for (const [look, options] of Object.entries(LOOKS)) {
  const visitor = await Visitor.open(options);
  for (const [name, hash] of Object.entries(PAGES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await visitor.page.goto(`${host.url}${hash}`);
    await visitor.page.waitForTimeout(Number(process.env.WAIT ?? 12_000));
    const picture = await visitor.page.screenshot();
    await sharp(picture)
      .webp({ quality: 82 })
      .toFile(join(out, `${name}-${look}.webp`));
    console.log(`${name}-${look}.webp`, ...visitor.problems.splice(0));
  }
  await visitor.close();
}
await host.stop();
rmSync(folder, { recursive: true, force: true });
