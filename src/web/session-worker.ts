// At once, not when a session starts: where a bundler puts the runtime into this file, its threads run the file too
import "onnxruntime-web/wasm";
import "../runtime/worker-session.js";
