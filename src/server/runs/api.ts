// What /api answers with; the page knows it by these types too.
import type { SettingField } from "../../models/settings-form.js";

/** A stage's metrics in means of consecutive steps. */
export interface Curves {
  stage: string;
  /** The last step of each piece, of the whole run. */
  steps: number[];
  /** By metric; null where no step of a piece returned it. */
  values: Record<string, (number | null)[]>;
}

/** `interrupted`: saved, or ended from outside; it can be resumed. */
export type RunState = "queued" | "running" | "interrupted" | "finished" | "failed";

/** A run in a list. */
export interface RunSummary {
  name: string;
  state: RunState;
  /** "improve" of an improvement, whose data are the run that it began with. */
  method: string | null;
  /** Whether it is rounds of diagnosis and training of another run. */
  improves: boolean;
  data: string | null;
  preset: string | null;
  /** Place in the queue, from 1. */
  place: number | null;
  /** Asked to save and end. */
  ending: boolean;
  /** Steps of the whole run. */
  step: number;
  stage: string | null;
  /** Which of how many stages it is in; null where the run does not say. */
  stageNumber: number | null;
  stages: number | null;
  stageStep: number;
  stageSteps: number | null;
  /** Seconds until the end of the stage, while it runs. */
  secondsLeft: number | null;
  /** Wall-clock time of the run so far. */
  seconds: number;
  metrics: Record<string, number>;
  /** File of the newest sample sheet. */
  newestSheet: string | null;
  /** Whether there is a finished model, and a report. */
  model: boolean;
  report: boolean;
  /** Why it failed. */
  error: string | null;
  /** Whether its folder holds a run, and whether it can be put into the queue again. */
  begun: boolean;
  resumable: boolean;
  /** When something was last written, as ISO 8601. */
  changed: string | null;
}

/** All of one run. */
export interface RunDetail extends RunSummary {
  /** As in its config.json, or in what it was asked for. */
  settings: Record<string, unknown>;
  curves: Curves[];
  sheets: { file: string; stage: string; step: number }[];
  log: string[];
}

/** A method, for a form. */
export interface MethodForm {
  name: string;
  summary: string;
  /** Whether its models draw; others judge. */
  draws: boolean;
  /** Whether its runs can be improved, and what kind of judge has to be named for that; null where none has. */
  improvable: boolean;
  judge: string | null;
  /** Whether it can be told what a token of text is. */
  tokens: boolean;
  presets: { name: string; fields: SettingField[] /** Kinds of data. */; learnsFrom: readonly string[] }[];
}

/** Folders that hold a diagnosis or an improvement, the newest first. */
export type DiagnosesList = { name: string /** ISO 8601. */; changed: string }[];
