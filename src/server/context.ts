import type { Catalogue } from "./catalogue.js";
import type { Metrics } from "./metrics.js";
import type { Settings } from "./options.js";
import type { Pool } from "./pool.js";
import type { Scheduler } from "./scheduler.js";

/** What the plugins of a server work with. */
export interface Context {
  readonly settings: Settings;
  readonly catalogue: Catalogue;
  readonly scheduler: Scheduler;
  readonly pool: Pool;
  readonly metrics: Metrics;
}
