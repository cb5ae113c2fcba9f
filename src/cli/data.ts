import cliProgress from "cli-progress";
import { getDataset, getMotion, getText, listDatasets, type Progress } from "../data/index.js";
import { many } from "../io/show.js";
import { printJson, printTable, say, UsageError } from "./output.js";

/** A bar per task on a terminal; elsewhere a line about every ten seconds. */
export function downloadProgress(): { onProgress: Progress; stop(): void } {
  if (!process.stderr.isTTY) return { onProgress: progressLines(), stop: () => {} };
  const multi = new cliProgress.MultiBar(
    { format: "{task} {bar} {percentage}% {shown}", hideCursor: false, stream: process.stderr },
    cliProgress.Presets.shades_grey,
  );
  const bars = new Map<string, cliProgress.SingleBar>();
  return {
    onProgress({ task, done, total, unit }) {
      const shown = unit === "bytes" ? `${(done / 1e6).toFixed(1)} MB` : `${done} ${unit}`;
      const bar = bars.get(task) ?? multi.create(total ?? done, 0, { task, shown });
      bars.set(task, bar);
      bar.update(done, { task, shown });
    },
    stop: () => multi.stop(),
  };
}

function progressLines(): Progress {
  let written = performance.now();
  return ({ task, done, total, unit }) => {
    if (performance.now() - written < 10_000) return;
    written = performance.now();
    const of = total ? ` of ${unit === "bytes" ? (total / 1e6).toFixed(1) : total}` : "";
    say(`${task}: ${unit === "bytes" ? (done / 1e6).toFixed(1) : done}${of} ${unit === "bytes" ? "MB" : unit}`);
  };
}

export async function listCommand({ json }: { json?: boolean }): Promise<void> {
  const list = await listDatasets();
  if (json) return printJson(list);
  printTable(
    ["id", "what", "content", "classes", "download", "here", "licence"],
    list.map((d) => [
      d.id,
      d.title,
      d.content,
      d.classes || "",
      `${(d.downloadBytes / 1e6).toFixed(0)} MB`,
      d.cached ? "yes" : "",
      d.licence,
    ]),
  );
}

export async function getCommand(id: string, { json, force }: { json?: boolean; force?: boolean }): Promise<void> {
  const list = await listDatasets();
  const listed = list.find((d) => d.id === id);
  if (!listed) throw new UsageError(`There is no data set "${id}"; choose one of ${list.map((d) => d.id).join(", ")}.`);
  const { onProgress, stop } = downloadProgress();
  try {
    if (listed.kind === "images") {
      const { train, test, ...dataset } = await getDataset(id, { onProgress, force });
      const { height, width, channels, classNames, licence } = dataset;
      if (json) printJson({ ...dataset, train: train.count, test: test.count });
      else
        say(
          `${id}: ${train.count} training and ${many(test.count, "test image")} of ${width}×${height}×${channels}, ${many(classNames?.length ?? 0, "class", "classes")}. ${licence}`,
        );
    } else if (listed.kind === "motion") {
      const { train, test, ...dataset } = await getMotion(id, { onProgress, force });
      if (json) printJson({ ...dataset, train: train.length, test: test.length });
      else say(`${id}: ${train.length} motions to train, ${test.length} to test. ${dataset.licence}.`);
    } else {
      const { train, judge, test, ...text } = await getText(id, { onProgress, force });
      const [characters, held, tested] = [train.length, judge.length, test.length];
      if (json) printJson({ ...text, train: characters, judge: held, test: tested });
      else say(`${id}: ${characters} characters to train, ${held} for a judge, ${tested} to test. ${text.licence}`);
    }
  } finally {
    stop();
  }
}
