import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { clearStale } from "../../scripts/clear-stale.js";

test("what was built from a source that has gone is removed, and nothing else", () => {
  const root = mkdtempSync(join(tmpdir(), "fewstep-stale-"));
  const make = (...paths: string[]) => {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), "");
    }
  };
  const kept = [
    ...["dist/a.js", "dist/a.d.ts", "dist/rooms/b.js", "dist/.tsbuildinfo", "dist/notes.txt"],
    ...["dist/browser/c.js", "dist/studio/assets/d-1234.js", "dist/browser.js"],
  ];
  make("src/a.ts", "src/rooms/b.ts", "src/browser.ts", ...kept, "dist/old.js", "dist/old.d.ts", "dist/rooms/gone.js");
  try {
    expect(clearStale(join(root, "src"), join(root, "dist")).toSorted()).toEqual(
      ["old.d.ts", "old.js", join("rooms", "gone.js")].toSorted(),
    );
    for (const path of kept) expect(existsSync(join(root, path)), path).toBe(true);
    expect(existsSync(join(root, "dist/old.js"))).toBe(false);
    expect(clearStale(join(root, "src"), join(root, "none"))).toEqual([]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
