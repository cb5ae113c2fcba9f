import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { extract } from "tar";

export const root = resolve(import.meta.dirname, "../..");
export const run = promisify(execFile);

/** An app's folder with the packed tarball in node_modules, and of all other packages only those that it names. */
export interface App {
  readonly folder: string;
  /** Where the package lies in it. */
  readonly installed: string;
  /** Adds packages of the repository's. */
  link(...names: string[]): void;
  remove(): void;
}

/**
 * The tarball of `dist/` as it is, which the files of tests share: its name tells the state of what it holds. Where two
 * make it at once, one of the two equal files stays.
 */
async function tarball(): Promise<string> {
  const state = createHash("sha256").update(readFileSync(join(root, "package.json")));
  for (const name of readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" }).sort()) {
    const { size, mtimeMs } = statSync(join(root, "dist", name));
    state.update(`${name} ${size} ${mtimeMs}\n`);
  }
  const name = `${state.digest("hex").slice(0, 16)}.tgz`;
  const [shelf, kept] = [join(root, ".cache/packed"), join(root, ".cache/packed", name)];
  if (existsSync(kept)) return kept;
  mkdirSync(shelf, { recursive: true });
  for (const old of readdirSync(shelf)) if (!old.startsWith(name)) rmSync(join(shelf, old), { force: true });
  const folder = mkdtempSync(join(tmpdir(), "fewstep-pack-"));
  await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const beside = `${kept}.${process.pid}`;
  copyFileSync(join(folder, `fewstep-${version}.tgz`), beside);
  renameSync(beside, kept);
  rmSync(folder, { recursive: true });
  return kept;
}

/** Packs `dist/` as it is (`npm run build` makes it) and installs the tarball into a new app. */
export async function packedApp(): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-app-"));
  const installed = join(folder, "node_modules/fewstep");
  mkdirSync(installed, { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  await extract({ file: await tarball(), cwd: installed, strip: 1 });
  const link = (...names: string[]) => {
    for (const name of names) {
      const place = join(folder, "node_modules", name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(root, "node_modules", name), place, "junction");
    }
  };
  link(...Object.keys(dependencies));
  return { folder, installed, link, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
