import { many } from "../io/show.js";
import { WrongUse } from "../io/wrong-use.js";
import { Images, joinImages } from "../media/images.js";
import type { DeviceName } from "../runtime/index.js";
import type { Team } from "../runtime/mpi/team.js";
import type { AnyGenerator, Batched, ImageGenerator, Output, SampleContext, SampleOptions, Step } from "./generator.js";

/** Where every rank finds the model, and what it computes with. */
export interface ModelPlace {
  location: string;
  device?: DeviceName | "auto";
  checkpoint?: boolean;
}

/** Pictures that are encoded and decoded at a time: the largest batch of a program. */
const ROWS = 64;

/**
 * How a team draws: every rank has the model, and of the batches of a request rank r draws r, r + N, r + 2N, …; they
 * are those of one process. `open` is how other ranks than the first come by it; `say` is told what leaves ranks idle.
 */
export function teamDraws(
  team: Team,
  { open, say }: { open(place: ModelPlace): Promise<AnyGenerator>; say(message: string): void },
) {
  let model: AnyGenerator | null = null;
  let request: Batched<Output> | null = null;
  let onStep: (step: number) => void = () => {};
  let told = false;

  const have = team.task("have the model", async (place: ModelPlace) => {
    if (team.rank > 0) {
      await model?.release();
      model = await open(place);
    }
    return JSON.stringify(model!.config);
  });
  const begin = team.task("begin", async ({ options, context }: { options: SampleOptions; context: SampleContext }) => {
    request = await model!.inBatches!(options, context);
  });
  const draw = team.task("draw", async (from: number) => {
    const { batches, steps, draw } = request!;
    const batch = batches[from + team.rank];
    if (!batch) return null;
    for await (const { step, evaluations, samples } of draw(batch)) {
      onStep(step);
      if (step === steps) return { evaluations, samples: await samples() };
    }
    throw new Error(`${model!.config.name} drew less than ${steps} steps of a batch.`);
  });
  const encode = team.task("reconstruct", async (given: ReturnType<typeof plain>) => {
    const { from, to } = team.share(given.count, ROWS);
    return from === to ? null : plain(await (model as ImageGenerator).reconstruct!(some(given, from, to)));
  });

  /** The last step of each batch, in order. */
  async function* stream(
    options: SampleOptions = {},
    { signal, ...context }: SampleContext = {},
  ): AsyncGenerator<Step, void, void> {
    const { onStep: stepped, onProgress, ...given } = context;
    signal?.throwIfAborted();
    await begin({ options, context: given });
    const begun = request!;
    const { count, batches, steps, output } = begun;
    if (batches.length < team.size && !told) {
      told = true;
      const [parts, idle] = [many(batches.length, "batch", "batches"), team.size - batches.length];
      say(`${many(count, "sample")} are drawn in ${parts}: ${idle} of the ${team.size} ranks cannot help.`);
    }
    for (let from = 0; from < batches.length; from += team.size) {
      signal?.throwIfAborted();
      if (request !== begun) throw new Error(`Ranks draw one request of ${model!.config.name} at a time.`);
      const some = batches.slice(from, from + team.size);
      onStep = (step) => stepped?.(from * steps + step * some.length, batches.length * steps);
      const drawn = await draw(from);
      for (const [rank, batch] of some.entries()) {
        const { evaluations, samples } = drawn[rank]!;
        yield { step: steps, steps, evaluations, first: batch.at, output: async () => output(batch, samples) };
        onProgress?.(batch.at + batch.n, count);
      }
    }
  }

  async function reconstruct(images: Images, { signal }: { signal?: AbortSignal } = {}): Promise<Images> {
    const parts: Images[] = [];
    const most = ROWS * team.size;
    for (let from = 0; from < images.count; from += most) {
      signal?.throwIfAborted();
      const found = await encode(plain(some(plain(images), from, Math.min(images.count, from + most))));
      for (const part of found) if (part) parts.push(some(part, 0, part.count));
    }
    return joinImages(parts);
  }

  return {
    /**
     * Rank 0's model as one that all draw with. @throws WrongUse where it cannot be divided; Error where others have
     * another
     */
    async divide<M extends AnyGenerator>(own: M, place: ModelPlace): Promise<M> {
      const { name } = own.config;
      if (!own.inBatches)
        throw new WrongUse(`${name} draws all at once and cannot be divided among ranks; start one process.`);
      model = own;
      const [config, ...others] = await have(place);
      const other = others.findIndex((one) => one !== config);
      if (other >= 0)
        throw new Error(
          `Rank ${other + 1} finds another model in ${place.location} than rank 0, ${name}; give all the same one.`,
        );
      return Object.create(own, {
        stream: { value: stream },
        ...("reconstruct" in own && { reconstruct: { value: reconstruct } }),
      }) as M;
    },
    /** Frees what this rank has opened. */
    async release(): Promise<void> {
      await model?.release();
    },
  };
}

/** Images as they are sent. */
const plain = ({ pixels, count, channels, height, width, labels }: Images) => ({
  ...{ pixels, count, channels, height, width, labels },
});

/** Some of the images that were sent. */
function some(sent: ReturnType<typeof plain>, from: number, to: number): Images {
  const { pixels, count, channels, height, width, labels } = sent;
  const size = pixels.length / count;
  const own = pixels.subarray(from * size, to * size);
  return new Images(own, to - from, channels, height, width, labels?.subarray(from, to));
}
