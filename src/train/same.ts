import { sha256Of } from "../io/checksum.js";
import type { Ranks } from "../runtime/ranks.js";
import { RunError } from "./run-error.js";
import { type Kept, pack } from "./state.js";

/** Steps between comparisons of what ranks are fed and hold. */
export const COMPARED = 100;

/** Numbers that tell ranks apart by what they hold, one of each rank: 48 bits of a checksum. */
async function checksums(ranks: Ranks, pieces: readonly Uint8Array[]): Promise<Float64Array> {
  const own = await sha256Of(pieces);
  if (own === null) throw new RunError("Ranks cannot be compared here: there is no SHA-256.");
  const all = new Float64Array(ranks.size);
  all[ranks.rank] = Number.parseInt(own.slice(0, 12), 16);
  await ranks.sum(all);
  return all;
}

/**
 * Compares what the ranks hold. @throws RunError in all of them where one holds something else than rank 0; `tell` says
 * what, given the names of those.
 */
async function requireSame(ranks: Ranks, pieces: readonly Uint8Array[], tell: (who: string) => string): Promise<void> {
  const all = await checksums(ranks, pieces);
  const others = Array.from(all.keys()).filter((rank) => all[rank] !== all[0]);
  if (others.length > 0) throw new RunError(tell(`rank ${others.join(", ")}`));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength) as Uint8Array;
const textBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** All that a stage keeps, by rank: parameters, optimiser, averages, random numbers, places in the data. */
export async function requireSameState(ranks: Ranks, kept: Record<string, Kept>, where: string): Promise<void> {
  const { tree, tensors } = pack(kept);
  const pieces = [textBytes(tree), ...Object.values(tensors).map(({ data }) => bytesOf(data))];
  await requireSame(
    ranks,
    pieces,
    (who) =>
      `${where} ${who} no longer has the parameters that rank 0 has. The run stops before it would go on with different ` +
      "models in one training; use the same version, runtime and kind of processor for all ranks, and go on with --resume.",
  );
}

/** What a step is fed. */
export async function requireSameFeeds(ranks: Ranks, feeds: Record<string, unknown>, where: string): Promise<void> {
  const pieces = Object.entries(feeds).flatMap(([name, feed]) => [
    textBytes(name),
    ArrayBuffer.isView(feed) ? bytesOf(feed) : textBytes(feed ?? null),
  ]);
  await requireSame(
    ranks,
    pieces,
    (who) => `${where} ${who} draws other samples than rank 0: its data or settings are others. Give all the same.`,
  );
}

/** The gradients that an update is made of, once they are added up. */
export async function requireSameGradients(ranks: Ranks, gradients: Float32Array): Promise<void> {
  await requireSame(
    ranks,
    [bytesOf(gradients)],
    (who) =>
      `At this step ${who} has other gradients than rank 0 after all were added up. The run stops before it would go on ` +
      "with parameters that no batch has given; use the same version and MPI library for all ranks, and go on with --resume.",
  );
}

/** What a run is asked for and reads. */
export async function requireSameRun(ranks: Ranks, run: unknown): Promise<void> {
  await requireSame(
    ranks,
    [textBytes(run)],
    (who) => `Settings or data of ${who} are not those of rank 0. Start all ranks with the same command and data.`,
  );
}
