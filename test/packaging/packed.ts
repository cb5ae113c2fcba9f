import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
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

/** Packs `dist/` as it is (`npm run build` makes it) and installs the tarball into a new app. */
export async function packedApp(): Promise<App> {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-app-"));
  const installed = join(folder, "node_modules/fewstep");
  mkdirSync(installed, { recursive: true });
  await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
  const { version, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  await extract({ file: join(folder, `fewstep-${version}.tgz`), cwd: installed, strip: 1 });
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
