import type { DiagnosesList } from "../../../../src/server/runs/api.js";
import { api } from "../../lib/api.js";
import { type Given, type Report, readReport } from "./report.js";

/** What of a folder is read: its JSON and its pages; weights, checkpoints and logs are not. */
const READ = /(^|\/)(improve|diagnosis)\.json$|(^|\/)diagnosis\.html$/;
/** A page with pictures of every class has some megabytes; more than this is no report. */
const LARGEST = 64e6;

/** The report that is shown, and those of the server. */
export class Reports {
  report = $state.raw<Report | null>(null);
  error = $state<string | null>(null);
  served = $state.raw<DiagnosesList>([]);

  /** Shows what was dropped or chosen. */
  async open(files: readonly File[]): Promise<void> {
    await this.attempt(async () => {
      const pathOf = (file: File) => file.webkitRelativePath || file.name;
      // A single file may have any name; of a folder those are read that a report has
      const wanted = files.filter((file) =>
        files.length <= 3 ? /\.(json|html)$/.test(file.name) : READ.test(pathOf(file)),
      );
      const large = wanted.find(({ size }) => size > LARGEST);
      if (large) throw new Error(`${large.name} has ${Math.round(large.size / 1e6)} MB, which no report has.`);
      return readReport(
        await Promise.all(wanted.map(async (file) => ({ path: pathOf(file), text: await file.text() }))),
      );
    });
  }

  /** What the server's folder of runs holds. */
  async list(): Promise<void> {
    try {
      this.served = await api<DiagnosesList>("diagnoses");
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  /** Shows one of the server's; `expected` false: it may not be among the listed yet, and then nothing is shown. */
  async fetch(name: string, { expected = true } = {}): Promise<void> {
    if (!expected && !this.served.some((one) => one.name === name)) {
      this.report = null;
      this.error = null;
      return;
    }
    await this.attempt(async () => {
      const files = await api<Given[]>(`diagnoses/${encodeURIComponent(name)}`);
      return readReport(files.map(({ path, text }) => ({ path: `${name}/${path}`, text })));
    });
  }

  private async attempt(work: () => Promise<Report>): Promise<void> {
    try {
      this.report = await work();
      this.error = null;
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
