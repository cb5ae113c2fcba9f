// Runs the built command line with the oldest and the newest Node.js, whose binaries npm packages carry.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { microRuns, trainArgs, writeMicroData } from "./torture/micro.js";

const root = resolve(import.meta.dirname, "..");
const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const oldest = `${engines.node.replace(/^>=/, "")}.0`;
const platform = process.platform === "win32" ? "win" : process.platform;
const name = `node-${platform}-${process.arch}`;
const npm = (...args: string[]) => execFileSync("npm", args, { encoding: "utf8" }).trim();

/** The binary of a version, fetched once into .cache/node. */
function binary(version: string): string {
  const folder = join(root, ".cache/node", version);
  const path = join(folder, "node_modules", name, process.platform === "win32" ? "bin/node.exe" : "bin/node");
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    npm("install", "--silent", "--no-save", "--no-package-lock", "--prefix", folder, `${name}@${version}`);
  }
  return path;
}

const versions = process.argv.length > 2 ? process.argv.slice(2) : [oldest, npm("view", name, "version")];
const folder = mkdtempSync(join(tmpdir(), "fewstep-node-"));
try {
  await writeMicroData(folder);
  for (const version of versions) {
    const node = binary(version);
    const main = join(root, "dist/cli/main.js");
    const out = join(folder, version);
    const commands = [
      ["models"],
      ["doctor", "--json"],
      ["sample", "drifting-fashion", "--count", "2", "--out", join(out, "pictures.png")],
      ["sample", "duo-names", "--count", "2", "--steps", "4", "--out", join(out, "names.txt")],
      trainArgs(microRuns.drifting, folder, join(out, "run")),
      ["sample", join(out, "run"), "--count", "2", "--out", join(out, "own.png")],
      ["export", join(out, "run"), "--out", join(out, "own.onnx")],
    ];
    for (const args of commands)
      execFileSync(node, [main, ...args], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    console.log(`Node ${version}: ${commands.length} commands done.`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
