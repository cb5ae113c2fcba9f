import type { Runtime } from "../runtime/index.js";

/** Threads at most, where nobody says otherwise: more gain little for networks of this size. */
const MOST_THREADS = 4;

const isPage = typeof navigator !== "undefined" && typeof globalThis.crossOriginIsolated === "boolean";

/** Threads of WebAssembly: as wanted where the page may share memory, else one. */
export function defaultThreads(wanted?: number): number | undefined {
  if (!isPage) return wanted;
  if (!globalThis.crossOriginIsolated) return 1;
  return wanted ?? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS);
}

let said = false;

/** Says once in the console what would make WebAssembly faster on this page. */
export function sayIfSlow({ device, threads }: { device: string; threads: number }, wanted = MOST_THREADS): void {
  if (said || !isPage || device !== "wasm" || threads > 1 || globalThis.crossOriginIsolated) return;
  if (wanted === 1 || navigator.hardwareConcurrency < 2) return;
  said = true;
  console.info(
    "fewstep computes with one thread: this page is not cross-origin isolated. Served with the headers " +
      '"Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp" it would use more.',
  );
}

interface Gpu {
  readonly lost: Promise<{ reason: string; message: string }>;
}

/**
 * Tells when the GPU of a page's runtime is lost, and what is to be said of it. What it returns is to be called when a
 * session has run: the runtime takes a GPU with its first session, and lets it go with its last.
 */
export function lossWatch({ device, package: from, ort }: Runtime, tell: (text: string) => void): () => Promise<void> {
  if (device !== "webgpu" || from !== "onnxruntime-web") return async () => undefined;
  let watched: Gpu | null = null;
  return async () => {
    const gpu = (await ort.env.webgpu.device) as Gpu;
    if (gpu === watched) return;
    watched = gpu;
    void gpu.lost.then(({ reason, message }) => {
      const cause = [reason, message].filter((text) => text && text !== "unknown").join(", ");
      if (watched === gpu)
        tell(`The GPU was lost${cause && ` (${cause})`}. Make the generator anew, or with { device: "wasm" }.`);
    });
  };
}
