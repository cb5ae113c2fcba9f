import type { RunDetail, RunSummary } from "../../../../src/server/runs/api.js";
import { api } from "../../lib/api.js";

export type { Curves, MethodForm, RunDetail, RunState, RunSummary } from "../../../../src/server/runs/api.js";

/** The runs as the server tells them, whenever something changes. */
export class RunList {
  all = $state.raw<readonly RunSummary[] | null>(null);
  folder = $state("");
  error = $state<string | null>(null);

  named = (name: string | undefined): RunSummary | undefined => this.all?.find((run) => run.name === name);

  /** Follows the server's events; returns what ends that. */
  follow(): () => void {
    void this.refresh();
    const events = new EventSource("./api/runs/events");
    events.addEventListener("runs", (event) => {
      this.all = JSON.parse((event as MessageEvent<string>).data);
      this.error = null;
    });
    // The browser tries again by itself, but not after an answer that is no stream
    events.addEventListener("error", () => void this.refresh());
    return () => events.close();
  }

  async refresh(): Promise<void> {
    await this.attempt(async () => {
      const { folder, runs } = await api<{ folder: string; runs: RunSummary[] }>("runs");
      this.folder = folder;
      this.all = runs;
    });
  }

  /** Does something and shows what went wrong. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.error = null;
      return true;
    } catch (error) {
      this.error = (error as Error).message;
      return false;
    }
  }

  /** Asks for a change of a run. */
  change(name: string, what: "pause" | "resume" | "stop" | "move" | "remove", body?: unknown): Promise<boolean> {
    const path = `runs/${encodeURIComponent(name)}`;
    return this.attempt(async () => {
      if (what === "remove") await api(path, { method: "DELETE" });
      else await api(`${path}/${what}`, { method: "POST", body: body ?? {} });
      await this.refresh();
    });
  }
}

/** All of a run; asked for anew when its summary says that something has changed, but not more than once a second. */
export class RunInView {
  detail = $state.raw<RunDetail | null>(null);
  error = $state<string | null>(null);
  #newest = "";
  #seen = "";
  #busy = false;

  async see(summary: RunSummary): Promise<void> {
    this.#newest = JSON.stringify(summary);
    if (this.#busy) return;
    this.#busy = true;
    // What changes while the answer is on its way has to be asked for too
    while (this.#seen !== this.#newest) {
      this.#seen = this.#newest;
      try {
        this.detail = await api<RunDetail>(`runs/${encodeURIComponent(summary.name)}`);
        this.error = null;
      } catch (error) {
        this.error = (error as Error).message;
      }
    }
    this.#busy = false;
  }
}
