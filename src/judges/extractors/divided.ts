import type { DeviceName } from "../../runtime/index.js";
import type { Team } from "../../runtime/mpi/team.js";
import { chunkOf, type Extractor, joinRows } from "./extractor.js";
import { type ExtractorData, judgesFor } from "./index.js";

/** What all ranks open their judges by. */
export interface JudgesPlace {
  features: string;
  data: ExtractorData;
  device?: DeviceName | "auto";
}

/** How a team looks at images: every rank has the judges, and takes its share of the rows. */
export function teamJudges(team: Team) {
  let judges: readonly Extractor[] = [];

  /** Frees what this rank has opened. */
  async function release(): Promise<void> {
    for (const judge of judges) await judge.release();
  }

  const have = team.task("have the judges", async ({ features, data, device }: JudgesPlace) => {
    if (team.rank > 0) {
      await release();
      judges = await judgesFor(features, data, { device });
    }
    return judges.map(({ name, dim }) => `${name} (${dim})`).join(", ");
  });
  const look = team.task("look", async (given: { judge: number; images: Float32Array; count: number }) => {
    const { judge, images, count } = given;
    const { from, to } = team.share(count, judges[judge].batch ?? 1);
    const size = images.length / count;
    return from === to ? null : judges[judge].extract(images.subarray(from * size, to * size), to - from);
  });

  return {
    /** Rank 0's judges as ones that all look with. @throws where another rank finds others */
    async divide(own: readonly Extractor[], { features, data, device }: JudgesPlace): Promise<Extractor[]> {
      judges = own;
      const { id, height, width, channels, classNames } = data;
      const [names, ...others] = await have({ features, data: { id, height, width, channels, classNames }, device });
      const other = others.findIndex((one) => one !== names);
      if (other >= 0)
        throw new Error(
          `Rank ${other + 1} judges by ${others[other]}, rank 0 by ${names}; give all ranks the same files.`,
        );
      return own.map((extractor, judge) => {
        const divided = { ...extractor, batch: team.size * (extractor.batch ?? 1) };
        const most = chunkOf(divided);
        divided.extract = async (images, count, { signal } = {}) => {
          const size = images.length / count;
          const parts = [];
          for (let at = 0; at < count; at += most) {
            signal?.throwIfAborted();
            const n = Math.min(most, count - at);
            const found = await look({ judge, images: images.subarray(at * size, (at + n) * size), count: n });
            parts.push(...found.filter((part) => part !== null));
          }
          const logits = parts.flatMap((part) => part.logits ?? []);
          const features = joinRows(parts.map((part) => part.features));
          return { features, logits: logits.length > 0 ? joinRows(logits) : null };
        };
        return divided;
      });
    },
    release,
  };
}
