import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { publishedFolder } from "../../src/cli/published.js";

const root = mkdtempSync(join(tmpdir(), "published-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ["of a card", { "README.md": "---\nlicense: cc0-1.0\n---\n" }, "cc0-1.0"],
  ["of a card of Windows", { "README.md": "---\r\ntags: [a]\r\nlicense: mit\r\n---\r\n# Card\r\n" }, "mit"],
  ["in quotes", { "README.md": '---\nlicense: "cc-by-nc-4.0" \n---\n' }, "cc-by-nc-4.0"],
  ["of a list", { "README.md": "---\nlicense:\n  - apache-2.0\ntags: []\n---\n" }, "apache-2.0"],
  [
    "of a list of two",
    { "README.md": "---\nlicense:\n- apache-2.0\n- cc-by-nc-4.0\ntags: []\n---\n" },
    "apache-2.0, cc-by-nc-4.0",
  ],
  ["of a list in a line", { "README.md": "---\nlicense: [mit, cc-by-nc-4.0]\n---\n" }, "mit, cc-by-nc-4.0"],
  ["of a name of its own", { "README.md": "---\nlicense: other\nlicense_name: open-rail\n---\n" }, "other: open-rail"],
  [
    "of a file, where the card has none",
    { "README.md": "license: mit", LICENSE: "MIT License\n" },
    "MIT License (LICENSE)",
  ],
  ["of no file", { "README.md": "# A model\n\nlicense: mit\n" }, null],
])("the licence %s", async (_, files: Record<string, string>, licence) => {
  const folder = mkdtempSync(join(root, "folder-"));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  expect(await (await publishedFolder(folder)).licence()).toBe(licence);
});
