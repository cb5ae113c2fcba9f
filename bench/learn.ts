import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildStudio } from "../scripts/build-studio.js";
import { resolveDataset } from "../src/data/index.js";
import { savePng } from "../src/io/index.js";
import { extractorFor } from "../src/judges/extractors/index.js";
import { loadModel } from "../src/methods/load.js";
import { StaticHost, Visitor } from "../test/studio/site.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** Pictures of a folder that somebody drops: so many of each class. */
const EACH = 200;
/** Seconds after Train was pressed at which the model is saved. */
const SECONDS = [30, 60, 90, 120, 180];
const SAMPLES = 500;

/**
 * Learn in Chromium: a folder of Fashion-MNIST's training pictures is given to the page, Train is pressed, and the model
 * is saved after so many seconds. Samples are recognised by the shipped classifier, which learnt from all 60,000
 * pictures and had no part in the training: the share that it takes for what they were asked for (real test pictures:
 * the floor; chance 0.1).
 */
export async function run({ note, rounds }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-learn-"));
  const data = await resolveDataset("fashion-mnist");
  const classNames = data.classNames!.map((name) => name.replaceAll(/[^A-Za-z0-9]+/g, "-"));
  const classifier = await extractorFor("classifier", data);
  if (!classifier) throw new Error("No classifier ships for fashion-mnist.");
  await buildStudio(join(folder, "site"), ["drifting-fashion"]);
  await writePictures(join(folder, "pictures"), data.train, classNames);
  const host = await StaticHost.start(join(folder, "site"));
  try {
    const rows = [];
    for (let round_ = 0; round_ < rounds; round_++) {
      const visitor = await Visitor.open();
      const { page } = visitor;
      try {
        await page.goto(`${host.url}#/models`);
        await page.waitForFunction("self.crossOriginIsolated && navigator.serviceWorker.controller");
        await page.goto(`${host.url}#/learn?pictures=own&size=28&in=grey&draw=${round_}`);
        await page.locator('input[type="file"]').setInputFiles(join(folder, "pictures"));
        const region = page.getByRole("region", { name: "Your pictures" });
        await region.getByRole("button", { name: "Train", exact: true }).click();
        const start = performance.now();
        for (const seconds of SECONDS) {
          await page.waitForTimeout(Math.max(0, start + 1000 * seconds - performance.now()));
          const save = region.getByRole("button", { name: "Save the model" });
          if (await save.isDisabled()) {
            note(`seed ${round_}, ${seconds} s: it copies pictures, and draws none yet`);
            rows.push({ seed: round_, seconds, recognised: null });
            continue;
          }
          const model = join(folder, `model-${round_}-${seconds}`);
          const downloads = Promise.all([
            page.waitForEvent("download"),
            page.waitForEvent("download", { predicate: second() }),
          ]);
          await save.click();
          for (const download of await downloads) await download.saveAs(join(model, download.suggestedFilename()));
          const recognised = await recognisedShare(model, classNames, classifier);
          note(`seed ${round_}, ${seconds} s: ${recognised} recognised`);
          rows.push({ seed: round_, seconds, recognised });
        }
      } finally {
        await visitor.close();
      }
    }
    const pixels = Float32Array.from(data.test.pixels.subarray(0, SAMPLES * 784), (v) => v / 127.5 - 1);
    const { logits } = await classifier.extract(pixels, SAMPLES);
    const floor = round(share(logits!, (i) => data.test.labels![i]));
    return { machine: machine(), load: load(), pictures: EACH * classNames.length, floor, rows };
  } finally {
    await classifier.release();
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The second download of a pair: the first one passes. */
function second() {
  let seen = 0;
  return () => ++seen === 2;
}

async function writePictures(
  folder: string,
  { pixels, labels }: { pixels: Uint8Array; labels?: ArrayLike<number> | null },
  classNames: readonly string[],
): Promise<void> {
  const counts = classNames.map(() => 0);
  for (const name of classNames) mkdirSync(join(folder, name), { recursive: true });
  for (let i = 0; counts.some((n) => n < EACH); i++) {
    const label = labels![i];
    if (counts[label] >= EACH) continue;
    const path = join(folder, classNames[label], `${counts[label]++}.png`);
    await savePng(path, pixels.subarray(i * 784, (i + 1) * 784), 28, 28, 1);
  }
}

type Classifier = NonNullable<Awaited<ReturnType<typeof extractorFor>>>;

async function recognisedShare(folder: string, classNames: readonly string[], classifier: Classifier): Promise<number> {
  const model = await loadModel(folder, { kind: "image" });
  try {
    // The page has the classes in the order of their names
    const asked = Array.from({ length: SAMPLES }, (_, i) => i % classNames.length);
    const { pixels } = await model.sample({ count: SAMPLES, label: asked.map((i) => classNames[i]) });
    const { logits } = await classifier.extract(pixels, SAMPLES);
    return round(share(logits!, (i) => asked[i]));
  } finally {
    await model.release();
  }
}

/** How often the largest logit is the class that it should be. */
function share(logits: Float32Array, wanted: (i: number) => number): number {
  const classes = logits.length / SAMPLES;
  let right = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    right += row.indexOf(Math.max(...row)) === wanted(i) ? 1 : 0;
  }
  return right / SAMPLES;
}

export const show = ({ machine, load, pictures, floor, rows }: Awaited<ReturnType<typeof run>>): string =>
  `${machine.cpu}, ${machine.cores} cores, load ${load}; ${pictures} pictures in the folder; real pictures are recognised in ${floor}, chance 0.1\n${table(
    ["seed", "seconds", "recognised"],
    rows.map(({ seed, seconds, recognised }) => [seed, seconds, recognised ?? "none drawn yet"]),
  )}`;
