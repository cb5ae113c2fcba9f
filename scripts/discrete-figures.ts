/**
 * Draws docs/images/psi.png from what `npm run bench -- psi --json` printed: `npx tsx scripts/discrete-figures.ts
 * <psi.json…>`. A row of panels for each model and nucleus with several numbers of evaluations; bars are 95 % intervals
 * over the samples.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { PsiRow } from "../bench/psi.js";

const results: { rows: PsiRow[]; count: number; real: Record<string, { perplexity: number; entropy: number }> }[] =
  process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
const rows = results.flatMap((result) => result.rows).sort((a, b) => a.nfe - b.nfe);
const real = Object.assign({}, ...results.map((result) => result.real));
if (rows.length === 0) throw new Error("usage: npx tsx scripts/discrete-figures.ts <output of bench psi --json> …");

const COLOURS: Record<string, string> = { ancestral: "#444", cap: "#c2410c", rescale: "#0b6bcb", loop: "#15803d" };
const [W, H, LEFT, TOP] = [460, 280, 56, 34];
const keyOf = ({ model, nucleus }: PsiRow) => `${model}, nucleus ${nucleus}`;
const curves = [...new Set(rows.map(keyOf))]
  .map((title) => ({ title, own: rows.filter((row) => keyOf(row) === title) }))
  .filter(({ own }) => new Set(own.map(({ nfe }) => nfe)).size > 1)
  .sort((a, b) => a.title.localeCompare(b.title));
const evaluations = [...new Set(rows.map(({ nfe }) => nfe))].sort((a, b) => a - b);
const x = (nfe: number) => (Math.log2(nfe / evaluations[0]) / Math.log2(evaluations.at(-1)! / evaluations[0])) * W;

/** One panel: a line for each sampler against evaluations, and real text dashed. */
function panel({ title, own }: (typeof curves)[number], key: "perplexity" | "entropy", left: number, top: number) {
  const floor: number = real[own[0].model][key];
  const ends = (row: PsiRow) => (key === "perplexity" ? row.interval : [row.entropy]);
  const values = [...own.flatMap(ends), floor];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = 0.06 * (high - low);
  const y = (v: number) => H - ((v - low + pad) / (high - low + 2 * pad)) * H;
  const ticks = Array.from({ length: 5 }, (_, i) => low + (i * (high - low)) / 4);
  const lines = Object.entries(COLOURS).map(([sampler, colour]) => {
    const line = own.filter((row) => row.sampler === sampler);
    const points = line.map((row) => `${x(row.nfe).toFixed(1)},${y(row[key]).toFixed(1)}`);
    const bars = line.map((row) => {
      const [low, high] = [ends(row)[0], ends(row).at(-1)!];
      return `<line x1="${x(row.nfe)}" x2="${x(row.nfe)}" y1="${y(low)}" y2="${y(high)}" stroke="${colour}"/>`;
    });
    const dots = points.map(
      (point) => `<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="3" fill="${colour}"/>`,
    );
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>${bars.join("")}${dots.join("")}`;
  });
  return `<g transform="translate(${left},${top})">
<text x="0" y="-12" font-weight="bold">${title}: ${key === "perplexity" ? "judge's perplexity per character" : "unigram entropy, nats"}</text>
<rect width="${W}" height="${H}" fill="none" stroke="#bbb"/>
${ticks.map((t) => `<text x="-6" y="${y(t) + 4}" text-anchor="end">${t.toPrecision(3)}</text>`).join("")}
${evaluations.map((n) => `<text x="${x(n)}" y="${H + 16}" text-anchor="middle">${n}</text>`).join("")}
<line x1="0" x2="${W}" y1="${y(floor)}" y2="${y(floor)}" stroke="#888" stroke-dasharray="5 4"/>
${lines.join("\n")}</g>`;
}
const [width, height] = [2 * (W + LEFT + 24), curves.length * (H + TOP + 34) + 24];
const legend = [...Object.entries(COLOURS), ["real text (dashed)", "#888"]]
  .map(
    ([name, colour], i) =>
      `<text x="${LEFT + i * 120}" y="${height - 8}" fill="${colour}" font-weight="bold">${name}</text>`,
  )
  .join("");
const panels = curves.flatMap((curve, i) =>
  (["perplexity", "entropy"] as const).map((key, j) =>
    panel(curve, key, LEFT + j * (W + LEFT + 24), TOP + i * (H + TOP + 34)),
  ),
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>${panels.join("\n")}${legend}</svg>`;
const out = join(import.meta.dirname, "../docs/images/psi.png");
await sharp(Buffer.from(svg), { density: 110 }).png({ palette: true }).toFile(out);
process.stdout.write(`${out}\n`);
