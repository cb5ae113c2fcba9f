import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, packedApp, root, run } from "./packed.js";

let app: App;
beforeAll(async () => {
  app = await packedApp();
});
afterAll(() => app?.remove());

const fewstep = (...args: string[]) =>
  run(process.execPath, [join(app.installed, "dist/cli/main.js"), ...args], { cwd: app.folder });

test("the package holds code and no models, and nothing that points to files it does not hold", () => {
  const files = readdirSync(app.installed, { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => /safetensors$|\.wasm$|\.tsbuildinfo$|\.map$|^(src|test|models)\b/.test(name))).toEqual(
    [],
  );
  const sizes = files.map((name) => statSync(join(app.installed, name))).filter((entry) => entry.isFile());
  expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(12e6);
  const scripts = files.filter((name) => name.endsWith(".js"));
  expect(scripts.filter((name) => readFileSync(join(app.installed, name), "utf8").includes("\n//# sourceMap"))).toEqual(
    [],
  );
  const manifest = JSON.parse(readFileSync(join(app.installed, "package.json"), "utf8"));
  const targets = (entry: unknown): string[] =>
    typeof entry === "string" ? [entry] : Object.values(entry ?? {}).flatMap(targets);
  for (const target of [...targets(manifest.exports), ...targets(manifest.bin)])
    expect(existsSync(join(app.installed, target)), target).toBe(true);
});

test("models are found by name once their package is installed, and named by what installs them before", async () => {
  const missing = await fewstep("sample", "drifting-fashion").catch((error) => error);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain("npm install fewstep-models");
  expect((await fewstep("models")).stderr).toContain("npm install fewstep-models");

  const models = join(app.folder, "node_modules/fewstep-models");
  mkdirSync(models);
  copyFileSync(join(root, "models/package.json"), join(models, "package.json"));
  symlinkSync(join(root, "models/drifting-fashion"), join(models, "drifting-fashion"));
  expect(JSON.parse((await fewstep("models", "--json")).stdout)).toMatchObject([{ name: "drifting-fashion" }]);
  await fewstep("sample", "drifting-fashion", "--count", "1", "--out", "one.png");
  expect(existsSync(join(app.folder, "one.png"))).toBe(true);
});

test("the installed package serves the studio, with the runtime's WebAssembly of the package beside it", async () => {
  const args = [join(app.installed, "dist/cli/main.js"), "studio", "--port", "0", "--no-open"];
  const child = spawn(process.execPath, args, { cwd: app.folder, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const address = await new Promise<string>((done, failed) => {
      child.stdout.once("data", (chunk) => done(String(chunk).trim().replace(/\/$/, "")));
      child.once("exit", (code) => failed(new Error(`The studio ended with ${code}.`)));
    });
    expect(await (await fetch(address)).text()).toContain("fewstep studio");
    const wasm = await fetch(`${address}/assets/ort-wasm-simd-threaded-AbCd1234.wasm`);
    expect([wasm.status, wasm.headers.get("content-type")]).toEqual([200, "application/wasm"]);
    await WebAssembly.compile(await wasm.arrayBuffer());
    expect((await fetch(`${address}/assets/passwd-AbCd1234.wasm`)).status).toBe(404);
  } finally {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  }
});

test("where npm has left out the native runtime, one line says what installs it", async () => {
  const command = "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node";
  const model = join(root, "models/drifting-fashion");
  const script = `
    import { loadModel } from "fewstep";
    for (const worker of [true, true, false]) {
      const model = await loadModel(${JSON.stringify(model)}, { worker });
      await model.sample({ count: 1 });
      await model.release();
    }
  `;
  writeFileSync(join(app.folder, "draw.mjs"), script);
  const draw = (env: object) =>
    run(process.execPath, ["draw.mjs"], { cwd: app.folder, env: { ...process.env, ...env } as NodeJS.ProcessEnv });
  expect((await draw({})).stderr.split(command)).toHaveLength(2);
  expect((await draw({ FEWSTEP_NO_NATIVE: "1" })).stderr).toBe("");
  expect((await fewstep("sample", model, "--count", "1", "--out", "two.png")).stderr).toContain(command);
  expect(JSON.parse((await fewstep("doctor", "--json")).stdout).runtimes["onnxruntime-node"]).toContain(command);
});

test("the models' package holds every model, ready to be loaded", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "-w", "fewstep-models"], {
    cwd: root,
    maxBuffer: 1e8,
  });
  const [{ name, files }] = JSON.parse(stdout) as [{ name: string; files: { path: string }[] }];
  expect(name).toBe("fewstep-models");
  const folders = readdirSync(join(root, "models"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = new Set(files.map(({ path }) => path));
  for (const folder of folders)
    for (const file of ["config.json", "model.safetensors", "README.md"])
      expect(paths).toContain(`${folder.name}/${file}`);
  const versions = ["package.json", "models/package.json"].map((file) =>
    JSON.parse(readFileSync(join(root, file), "utf8")),
  );
  expect(versions[0].peerDependencies).toEqual({ "fewstep-models": versions[1].version });
});
