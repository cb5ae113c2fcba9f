/**
 * Draws the picture of docs/drifting.md about drift at inference, with a shipped model and test images that no training
 * saw: `npx tsx scripts/drifting-figures.ts`.
 */
import { join } from "node:path";
import { damages } from "../bench/damage.js";
import { resolveDataset, toFloat } from "../src/data/index.js";
import { saveGrid } from "../src/io/index.js";
import { Images, joinImages, separateImages } from "../src/media/images.js";
import { loadModel } from "../src/methods/load.js";
import { imageSize } from "../src/models/files.js";

const TOGETHER = 100;
const SHOWN = 14;

const [name = "drifting-fashion"] = process.argv.slice(2);
const model = await loadModel(name, { kind: "image" });
const { height, width, channels } = imageSize(model.config);
const data = String(model.config.training.data);
const { train, test, classNames } = await resolveDataset(data, { size: [height, width], channels });
const rows = Array.from({ length: TOGETHER }, (_, i) => i);
const original = new Images(toFloat(test, rows), TOGETHER, channels, height, width);
const exemplars = { split: train, classNames };

const lines: Images[] = [original];
for (const damage of Object.values(damages)) {
  const { damaged, mask } = damage(original);
  const input = { pictures: damaged, exemplars, ...(mask && { mask }) };
  lines.push(damaged, (await model.edits![mask ? "inpaint" : "refine"].run(input)) as Images);
}
const label = classNames ? 0 : undefined;
const samples = await model.sample({ count: TOGETHER, seed: 1, ...(classNames && { label }) });
lines.push(samples, (await model.edits!.refine.run({ pictures: samples, exemplars }, { label })) as Images);

const { pixels, shape } = joinImages(lines.flatMap((line) => separateImages(line).slice(0, SHOWN).map(unlabelled)));
const path = join(import.meta.dirname, "../docs/images/drifting-refine.png");
await saveGrid(path, pixels, shape, { columns: SHOWN, scale: 2 });
process.stdout.write(`${path}\n`);
await model.release();

function unlabelled({ pixels, count }: Images): Images {
  return new Images(pixels, count, channels, height, width);
}
