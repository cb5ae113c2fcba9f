import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const root = resolve(import.meta.dirname, "..");

/** Headers that let a page use several threads. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The list of files that the service worker keeps for offline use, written beside it. */
function offline(): Plugin {
  return {
    name: "offline",
    generateBundle(_, bundle) {
      const source = JSON.stringify(["./", ...Object.keys(bundle).filter((name) => !/\.(map|wasm)$/.test(name))]);
      this.emitFile({ type: "asset", fileName: "files.json", source });
    },
  };
}

/** The runtime that the page's scripts were built with: its WebAssembly has to be of the same version. */
function runtimeVersion(): Plugin {
  return {
    name: "runtime-version",
    generateBundle() {
      const { version } = JSON.parse(readFileSync(join(root, "node_modules/onnxruntime-web/package.json"), "utf8"));
      this.emitFile({
        type: "asset",
        fileName: "runtime.json",
        source: JSON.stringify({ "onnxruntime-web": version }),
      });
    },
  };
}

/** The page, for any static host under any path: `vite build` writes it into dist/studio. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [svelte(), offline(), runtimeVersion()],
  resolve: {
    alias: Object.fromEntries(
      ["browser", "core", "metrics", "training", "page", "scenes"].map((name) => [
        `fewstep/${name}`,
        join(root, "dist/browser", `${name}.js`),
      ]),
    ),
  },
  worker: { format: "es" },
  build: {
    outDir: join(root, "dist/studio"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
