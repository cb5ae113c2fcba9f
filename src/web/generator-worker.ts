// At once, not when a session starts: where a bundler puts the runtime into this file, its threads run the file too
import "onnxruntime-web/wasm";
import { isRuntimeThread } from "../runtime/environment.js";
import type { Channel } from "./messages.js";
import { serve } from "./serve.js";

/** The worker that `createGenerator` starts. */
if (!isRuntimeThread) serve(self as unknown as Channel);
