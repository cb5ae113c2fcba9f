import { rm } from "node:fs/promises";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Scripts of workers. */
const workers = {
  "worker-session": "src/web/session-worker.ts",
  "generator-worker": "src/web/generator-worker.ts",
};

/** What browsers import, by the name of its file in dist/browser/. */
const entryPoints = {
  browser: "src/browser.ts",
  element: "src/element.ts",
  core: "src/core.ts",
  metrics: "src/metrics/index.ts",
  training: "src/training.ts",
  // Of the studio alone, so that its first page loads neither methods nor scenes
  page: "src/page.ts",
  scenes: "src/scenes.ts",
  ...workers,
};

/** What pages without a bundler import, by the name of its file in dist/browser/standalone/. */
const standalone = { fewstep: "src/browser.ts", element: "src/element.ts", ...workers };

/** Packages that need Node.js as its own modules do. */
const NODE_PACKAGES = ["sharp", "@cwasm/nsbmp", "tar", "cli-progress", "cli-table3", "commander", "onnxruntime-node"];
const isNode = (name: string) =>
  name.startsWith("node:") || builtinModules.includes(name) || NODE_PACKAGES.includes(name);

/** Files that cannot be loaded without Node: they, or what they import at once, import its modules. */
function nodeFiles({ inputs }: Metafile): Set<string> {
  const found = new Set<string>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [file, { imports }] of Object.entries(inputs))
      if (imports.some(({ kind, path }) => kind !== "dynamic-import" && (isNode(path) || found.has(path))))
        found.add(file);
  }
  return found;
}

/** In the place of what is imported later and needs Node stands a module that says so. */
export async function withoutNode(entryPoints: Record<string, string>): Promise<Plugin> {
  const { metafile } = await build({
    ...common,
    entryPoints,
    packages: "external",
    external: ["node:*"],
    outdir: "/unused",
    write: false,
    metafile: true,
  });
  const files = nodeFiles(metafile);
  return {
    name: "without-node",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /.*/ }, async ({ path, kind, pluginData, importer, resolveDir }) => {
        if (kind !== "dynamic-import" || pluginData === "resolved") return null;
        const found = isNode(path) ? null : await resolve(path, { kind, importer, resolveDir, pluginData: "resolved" });
        const file = found?.path.slice(root.length).replaceAll("\\", "/");
        return isNode(path) || files.has(file!) ? { path: "needs-node", namespace: "needs-node" } : null;
      });
      onLoad({ filter: /.*/, namespace: "needs-node" }, () => ({
        contents:
          'throw new Error("This part of fewstep needs Node.js: files, native devices, training from a recipe.");',
      }));
    },
  };
}

/** Packages that are put inside: bundlers would meet Node's modules in them. */
const INSIDE = /^@gltf-transform\/core$/;

/** All other packages stay outside. */
const packagesOutside: Plugin = {
  name: "packages-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) =>
      kind === "entry-point" || INSIDE.test(path) || importer.includes("node_modules")
        ? null
        : { path, external: true },
    );
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  define: { process: "undefined" },
  logLevel: "warning",
} as const;

/** Writes the package's code for browsers, in which nothing leads to Node's modules, into a folder. */
export async function buildWeb(outdir: string): Promise<Metafile> {
  const plugins = [await withoutNode(entryPoints), packagesOutside];
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints,
    outdir,
    minifyWhitespace: true,
    chunkNames: "[name]-[hash]",
    metafile: true,
    plugins,
  });
  return metafile;
}

/**
 * Writes the same with all packages inside, for pages without a bundler. The runtime's `.wasm` files are to be served
 * beside it.
 */
export async function buildStandalone(outdir: string): Promise<void> {
  await build({
    ...common,
    entryPoints: standalone,
    outdir,
    minify: true,
    legalComments: "none",
    chunkNames: "[name]-[hash]",
    plugins: [await withoutNode(standalone)],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWeb(`${root}dist/browser`);
  await buildStandalone(`${root}dist/browser/standalone`);
}
