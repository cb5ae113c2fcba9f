import { compile } from "../src/core.js";
import { scatterAdd, type Tensor } from "../src/tensor/index.js";
import { type BenchOptions, interleave, load, machine, table, timed } from "./report.js";

const ROWS = [5, 27, 64, 128, 256, 1024, 50257];
const WIDTHS = [1, 16, 128, 512];
const COUNTS = [80, 640, 8192];
/** Numbers of a one-hot matrix that are still worth a measurement. */
const MOST = 4e7;
const STEPS = 5;

/**
 * The gradient of a look-up of `count` rows in a table: element by element, and as a product with the one-hot matrix.
 */
const ways = {
  scatter: (updates: Tensor, indices: Tensor, rows: number) => scatterAdd(updates, indices, [rows, updates.shape[1]]),
  product: (updates: Tensor, indices: Tensor, rows: number) => indices.oneHot(rows).T.matmul(updates),
};

export async function run({ threads, rounds, quick, note }: BenchOptions) {
  const before = load();
  const rows = [];
  for (const size of quick ? ROWS.filter((n) => n <= 256) : ROWS)
    for (const width of WIDTHS)
      for (const count of COUNTS) {
        const feeds = {
          updates: new Float32Array(count * width).fill(1),
          indices: Int32Array.from({ length: count }, (_, i) => (i * 7919 + (i >> 3)) % size),
        };
        const programs = Object.entries(ways)
          .filter(([name]) => name === "scatter" || size * count <= MOST)
          .map(([name, way]) => {
            const specs = { updates: [count, width], indices: { shape: [count], dtype: "int32" as const } };
            const build = ({ updates, indices }: Record<keyof typeof specs, Tensor>) => ({
              sums: way(updates, indices, size),
            });
            return [name, compile(specs, build, { threads })] as const;
          });
        const times = await interleave(
          rounds,
          Object.fromEntries(programs.map(([name, program]) => [name, () => timed(STEPS, () => program.run(feeds))])),
        );
        for (const [, program] of programs) await program.release();
        const [scatter, product] = [times.scatter, times.product ?? null];
        rows.push({ rows: size, width, count, scatter, product });
        note(
          `${size} rows of ${width}, ${count} updates: scatter ${scatter.min} ms, product ${product?.min ?? "–"} ms`,
        );
      }
  return { machine: machine(), load: { before, after: load() }, threads, rounds, rows };
}

export const show = ({ rows, threads, machine, load }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      ["rows", "width", "updates", "scatter ms", "lowest", "product ms", "lowest"],
      rows.map((row) => [
        row.rows,
        row.width,
        row.count,
        row.scatter.median,
        row.scatter.min,
        row.product?.median ?? "–",
        row.product?.min ?? "–",
      ]),
    ),
    `${threads} threads; ${machine.cpu}, load average ${load.before} before, ${load.after} after.`,
  ].join("\n");
