import type { SampleOptions } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";

/** What `fewstep diagnose` is told. */
export interface DiagnoseCommand {
  data?: string;
  features?: string;
  /** Samples and real images of each class at most; questions of each skill. */
  count?: number;
  seed: number;
  /** Further options of the model. */
  options?: SampleOptions;
  /** Where a page with pictures goes. */
  report?: string;
  checkpoint?: boolean;
  device?: DeviceName | "auto";
  json?: boolean;
}
