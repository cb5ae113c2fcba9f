import type { Channel } from "./messages.js";
import { serve } from "./serve.js";

/** The worker that `createGenerator` starts. A bundler may put the runtime into this file, whose threads run it too. */
if (!self.name.startsWith("em-pthread")) serve(self as unknown as Channel);
