import type { SampleOptions } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";

/** What `fewstep diagnose` is told. */
export interface DiagnoseCommand {
  data?: string;
  features?: string;
  /** Samples and real images of each class at most; questions of each skill. */
  count?: number;
  seed?: number;
  /** Further options of the model. */
  options?: SampleOptions;
  /** Where a page with pictures goes. */
  report?: string;
  checkpoint?: boolean;
  device?: DeviceName | "auto";
  json?: boolean;
  /** Name of a model behind an endpoint. */
  model?: string;
  /** A file of questions of one's own. */
  questions?: string;
  /** Skills that an endpoint is asked for; default all. */
  skills?: string[];
  /** Where plan, ledger and report of an endpoint's diagnosis go. */
  out?: string;
  resume?: string;
  allowRemote?: boolean;
  /** Calls at a time. */
  concurrency?: number;
  /** Calls for a question at most. */
  attempts?: number;
  /** Seconds that a call may take. */
  timeout?: number;
  maxTokens?: number;
  /** Where items to train on go. */
  export?: string;
  /** The trainer that reads them. */
  for?: string;
  items?: number;
}

/** Options of a diagnosis by address alone. */
export const ENDPOINT_OPTIONS = [
  ...(["model", "questions", "skills", "out", "resume", "allowRemote", "concurrency", "attempts", "timeout"] as const),
  "maxTokens",
] as const satisfies readonly (keyof DiagnoseCommand)[];

/** Options of the command itself, beside those of models. */
export const DIAGNOSE_OWN = [
  ...(["data", "features", "count", "seed", "report", "checkpoint", "device", "json"] as const),
  ...ENDPOINT_OPTIONS,
  ...(["export", "for", "items"] as const),
] as const satisfies readonly (keyof DiagnoseCommand)[];
