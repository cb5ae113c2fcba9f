import type { Channel } from "./messages.js";
import { serve } from "./serve.js";

/** The worker that `createGenerator` starts. */
serve(self as unknown as Channel);
