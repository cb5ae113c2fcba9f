import { resolve } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { htmlPage } from "../io/html.js";
import { diagnoseLabelled } from "../loops/diagnostic/labelled.js";
import { labelledHtml } from "../loops/diagnostic/labelled-report.js";
import { TABLE_STYLE } from "../loops/diagnostic/report.js";
import { readResults } from "../loops/diagnostic/results.js";
import { type DiagnoseCommand, ENDPOINT_OPTIONS } from "./diagnose-command.js";
import { refuseOptions, showLabelled } from "./diagnose-endpoint.js";
import { printJson, say } from "./output.js";

/** Says which skills a model lacks whose answers another evaluation has written. */
export async function diagnoseResultsCommand(path: string, command: DiagnoseCommand): Promise<void> {
  const others = ["features", "data", "count", "seed", "checkpoint", "device", "export", "options"] as const;
  refuseOptions(command, [...ENDPOINT_OPTIONS, ...others], "For answers that are there already");
  const { data, answers } = await readResults(path);
  const found = diagnoseLabelled({ model: "the file", data }, answers);
  const { report, json } = command;
  if (report !== undefined) {
    const body = await labelledHtml(found, async () => null);
    await writeFileAtomic(resolve(report), htmlPage(`Diagnosis of ${data}`, { style: TABLE_STYLE, body }));
  }
  if (json) printJson(found);
  else showLabelled(found);
  if (report !== undefined) say(`Report: ${resolve(report)}`);
}
