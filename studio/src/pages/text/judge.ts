import { LanguageModel } from "fewstep/browser";
import { type ModelEntry, models } from "../../lib/models.svelte.js";
import { type Described, judges, realBits } from "./judging.js";

/** A judge in use: an autoregressive model that has seen no text of the generator, nor drawn any. */
export interface Judge {
  readonly name: string;
  /** Bits per character of held-out text; the floor. */
  readonly real: number | null;
  /** Bits per token of sequences [count, length]; null while tokens are masked, which have none. */
  bits(tokens: Int32Array, length: number): Promise<number | null>;
}

const loaded = new Map<string, Promise<LanguageModel>>();
const described = new Map<string, Promise<Described>>();

/** The judge that is listed for what a model draws; null where there is none. */
export async function judgeOf(model: Described): Promise<Judge | null> {
  for (const entry of models.list.filter(({ kind, method }) => kind === null && method === "language-model")) {
    if (!judges(await descriptionOf(entry), model)) continue;
    const place = models.place(entry);
    const key = `${entry.name} ${entry.version}`;
    if (!loaded.has(key)) {
      const opening = LanguageModel.load(place as string, { device: "wasm", threads: 1, worker: true });
      loaded.set(key, opening);
      opening.catch(() => loaded.delete(key));
    }
    const judge = await loaded.get(key)!;
    const { vocabulary } = judge.shape;
    return {
      name: entry.name,
      real: realBits(entry.metrics),
      async bits(tokens, length) {
        if (tokens.some((token) => token >= vocabulary)) return null;
        const nats = await judge.nats(tokens, length);
        return nats.reduce((sum, one) => sum + one, 0) / tokens.length / Math.LN2;
      },
    };
  }
  return null;
}

function descriptionOf(entry: ModelEntry): Promise<Described> {
  const key = `${entry.name} ${entry.version}`;
  if (!described.has(key))
    described.set(
      key,
      fetch(`${models.place(entry)}/config.json`)
        .then((answer) => (answer.ok ? answer.json() : {}))
        .catch(() => {
          described.delete(key);
          return {};
        }),
    );
  return described.get(key)!;
}
