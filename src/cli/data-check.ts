import { resolve } from "node:path";
import { type ImageDataset, resolveData, type SceneDataset } from "../data/index.js";
import { reportText, told } from "../data/report.js";
import { SKILLS, sceneImages } from "../data/scenes/index.js";
import { saveGrid } from "../io/index.js";
import { downloadProgress } from "./data.js";
import { requireSheetName } from "./numbered.js";
import { printJson, say, UsageError } from "./output.js";
import { type ReadingCommand, readingOf } from "./reading.js";

export interface CheckCommand extends ReadingCommand {
  out?: string;
  json?: boolean;
}

/** Says what training would read of a place, as `train` does, and names what it would leave out. */
export async function checkCommand(path: string, command: CheckCommand): Promise<void> {
  const { out, json } = command;
  if (out !== undefined) requireSheetName(out);
  const reading = await readingOf(command);
  const { onProgress, stop } = downloadProgress();
  const dataset = await resolveData(path, { ...reading, onProgress }).finally(stop);
  const { report } = dataset;
  const shown = dataset.kind === "images" || dataset.kind === "questions" ? dataset : null;
  if (out !== undefined && !shown)
    throw new UsageError(`${path} holds no pictures to put on a sheet; leave out --out.`);
  const sheet =
    out === undefined || !shown
      ? null
      : await (shown.kind === "images" ? saveSheet(resolve(out), shown) : saveScenes(resolve(out), shown));
  if (!report) throw new Error(`${path} was read without a report.`);
  if (json) return printJson({ ...told(report), leftOut: report.leftOut, sheet });
  say(reportText(report, "named below"));
  for (const { what, why, files } of report.leftOut)
    if (why === null) for (const file of files) say(`  ${what}: ${file}`);
  if (sheet) say(`Pictures: ${sheet}`);
}

const COLUMNS = 16;

/** Pictures that are asked about, in a row for each skill. */
async function saveScenes(path: string, dataset: SceneDataset): Promise<string> {
  const probes = SKILLS.flatMap((skill) =>
    Array.from({ length: COLUMNS }, (_, i) => dataset.probe("steering", skill, i).scene),
  );
  const { pixels, shape } = sceneImages(probes);
  await saveGrid(path, pixels, shape, { columns: COLUMNS, scale: 2 });
  return path;
}

const ROWS = 2;

/** The first pictures of each class, in rows of its own; without classes the first of all. */
async function saveSheet(path: string, dataset: ImageDataset): Promise<string> {
  const { height, width, channels, classNames } = dataset;
  const size = height * width * channels;
  const { pixels, labels, count } = dataset.train;
  const all = Array.from({ length: count }, (_, i) => i);
  const classes = classNames?.map((_, c) => all.filter((i) => labels?.[i] === c)) ?? [all];
  const cells = classes.flatMap((rows) => {
    const shown = rows.slice(0, COLUMNS * (classNames ? ROWS : COLUMNS));
    return [...shown, ...Array<null>((COLUMNS - (shown.length % COLUMNS)) % COLUMNS).fill(null)];
  });
  const sheet = new Uint8Array(cells.length * size).fill(channels === 4 ? 0 : 255);
  cells.forEach((index, at) => {
    if (index !== null) sheet.set(pixels.subarray(index * size, (index + 1) * size), at * size);
  });
  const scale = Math.max(1, Math.floor(64 / height));
  await saveGrid(path, sheet, [cells.length, height, width, channels], { columns: COLUMNS, scale, layout: "NHWC" });
  return path;
}
