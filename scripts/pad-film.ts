/** The pad of the studio as a film for the README: `npx tsx scripts/pad-film.ts`, after `npm run build`. */
import sharp from "sharp";
import { blend, type Corner, loadModel } from "../src/index.js";

const CORNERS: Corner[] = [
  { seed: 40, label: 0 },
  { seed: 52, label: 3 },
  { seed: 45, label: 5 },
  { seed: 42, label: 2 },
];
const STYLE = [0, 0, 0, 0];
const FRAMES = 72;
/** Sides of the pad and of a corner's picture. */
const [PAD, SMALL] = [320, 96];
const GAP = 12;
const [WIDTH, HEIGHT] = [SMALL + GAP + PAD + GAP + SMALL, PAD];

const model = await loadModel("drifting-emoji", { kind: "image" });
const places = Array.from({ length: FRAMES }, (_, i) => {
  const angle = (2 * Math.PI * i) / FRAMES;
  return { x: 0.5 + 0.48 * Math.cos(angle - 2.4), y: 0.5 + 0.48 * Math.sin(2 * angle - 2.2) };
});
const enlarged = async (png: Uint8Array, side: number) =>
  sharp(png).resize(side, side, { kernel: "nearest" }).png().toBuffer();
const own = await Promise.all(
  CORNERS.map(async (corner) => enlarged(await (await model.sample({ ...corner, style: STYLE })).toPng(), SMALL)),
);
const drawn = await blend(model, CORNERS, places, { style: STYLE });
const left = (k: number) => (k % 2 === 0 ? 0 : WIDTH - SMALL);
const top = (k: number) => (k < 2 ? 0 : HEIGHT - SMALL);
const frames = await Promise.all(
  places.map(async ({ x, y }, i) => {
    const dot = `<svg width="${PAD}" height="${PAD}"><circle cx="${x * PAD}" cy="${y * PAD}" r="8" fill="none" stroke="#fff" stroke-width="3"/><circle cx="${x * PAD}" cy="${y * PAD}" r="10" fill="none" stroke="#000" stroke-opacity=".6" stroke-width="1.5"/></svg>`;
    return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: "#faf8f5" } })
      .composite([
        { input: await enlarged(await drawn.at(i).toPng(), PAD), left: SMALL + GAP, top: 0 },
        { input: Buffer.from(dot), left: SMALL + GAP, top: 0 },
        ...own.map((input, k) => ({ input, left: left(k), top: top(k) })),
      ])
      .png()
      .toBuffer();
  }),
);
await sharp(frames, { join: { animated: true } })
  .webp({ quality: 70, loop: 0, delay: Array.from({ length: FRAMES }, () => 60) })
  .toFile("docs/studio/pad.webp");
await model.release();
