import { deserialize, serialize } from "node:v8";
import type { Ranks } from "../runtime/ranks.js";
import type { Keeper } from "./loop.js";
import type { Position } from "./stage.js";
import { type Packed, pack, unpack } from "./state.js";

interface Sent {
  position: Position;
  end: boolean;
  packed: Packed;
}

/**
 * How ranks keep a run: rank 0 has a keeper, and what it restores goes to all. The others have none, and touch no files.
 */
export const ranksKeeper = (ranks: Ranks, keeper: Keeper | null): Keeper => ({
  ...(keeper ?? { save: async () => {}, advice: () => "" }),
  async restore(stage) {
    const kept = (await keeper?.restore(stage)) ?? null;
    const { position, end } = kept ?? {};
    const bytes = await ranks.broadcast(
      kept ? serialize({ position, end, packed: pack(stage.state) }) : new Uint8Array(0),
    );
    if (keeper || bytes.length === 0) return kept;
    const sent = deserialize(bytes) as Sent;
    const { tree, tensors } = sent.packed;
    // Their bytes lie in one buffer, of which each gets its own
    const own = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]);
    unpack({ tree, tensors: Object.fromEntries(own) }, stage.state);
    return sent;
  },
});
