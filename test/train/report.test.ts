import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runStages, writeReport } from "../../src/train/index.js";
import { pointStages } from "./fixtures/points.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-report-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const page = (out: string) => readFileSync(join(out, "report.html"), "utf8");
const curves = (html: string) => JSON.parse(/id="curves">(.*?)<\/script>/s.exec(html)![1]);

test("the report holds curves, sheets and configuration, and needs nothing from elsewhere", async () => {
  const out = join(root, "a & <run>");
  const { stages } = pointStages({ steps: [6, 4] });
  await runStages(stages, { out, config: { note: "</pre><script>alert('x')</script>" }, sampleEvery: 3 });
  const html = page(out);
  expect(curves(html)).toMatchObject([
    {
      stage: "teacher",
      steps: [1, 2, 3, 4, 5, 6],
      values: { loss: { length: 6 }, norm: { length: 6 }, imagesPerSecond: { length: 6 } },
    },
    { stage: "student", steps: [7, 8, 9, 10] },
  ]);
  const images = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map((m) => m[1]);
  const files = readdirSync(join(out, "samples")).sort();
  expect(images).toEqual(files.map((f) => readFileSync(join(out, "samples", f), "base64")));
  expect(html).toContain("<title>a &amp; &lt;run&gt;</title>");
  expect(html).toContain("&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)");
  expect(html).toContain("Rows: &lt;first&gt;, second.");
  expect(html).not.toContain("<script>alert");
  expect(html).not.toMatch(/(src|href)\s*=\s*["']?(?!data:)[\w./]/);
  expect(html).not.toMatch(/@import|url\(|fetch\(|import\(/);
  expect(html.match(/<script/g)).toHaveLength(3);
  expect(html.match(/<\/script>/g)).toHaveLength(3);
});

test("long curves are averaged, gaps stay gaps, few sheets are shown", async () => {
  const out = join(root, "long");
  await runStages([], { out, config: null });
  const rows = Array.from({ length: 8000 }, (_, i) => ({
    step: i + 1,
    stage: "<s>",
    loss: i % 10,
    rare: i >= 4000 ? 2 : null,
  }));
  writeFileSync(join(out, "metrics.jsonl"), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n{"step":80`);
  await writeReport(out);
  const [{ stage, steps, values }] = curves(page(out));
  expect(stage).toBe("<s>");
  expect(steps).toEqual(Array.from({ length: 800 }, (_, i) => 10 * (i + 1)));
  expect(new Set(values.loss)).toEqual(new Set([4.5]));
  expect(values.rare).toEqual([...new Array(400).fill(null), ...new Array(400).fill(2)]);
});
