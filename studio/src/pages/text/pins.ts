/** Tokens that stay, by their place in the sequence. */
export type Pins = ReadonlyMap<number, number>;

/** Pins as the URL has them, "12-5.0.3_40-7": runs of neighbours, each with its first place. "" without any. */
export function writePins(pins: Pins): string {
  const places = [...pins.keys()].sort((a, b) => a - b);
  const runs: string[] = [];
  for (const [i, place] of places.entries()) {
    if (i > 0 && places[i - 1] === place - 1) runs[runs.length - 1] += `.${pins.get(place)}`;
    else runs.push(`${place}-${pins.get(place)}`);
  }
  return runs.join("_");
}

/** Pins of a URL; what is none, or lies outside a sequence of `length` tokens, is left out. */
export function readPins(text: string, length: number): Pins {
  const pins = new Map<number, number>();
  for (const run of text.split("_")) {
    const [, start, tokens] = /^(\d+)-(\d+(?:\.\d+)*)$/.exec(run) ?? [];
    if (start === undefined) continue;
    for (const [i, token] of tokens.split(".").entries())
      if (Number(start) + i < length) pins.set(Number(start) + i, Number(token));
  }
  return pins;
}

/** Pins with tokens from a place on; what does not fit into the sequence is left out. */
export function withTokens(pins: Pins, place: number, tokens: ArrayLike<number>, length: number): Pins {
  const changed = new Map(pins);
  for (let i = 0; i < tokens.length && place + i < length; i++) changed.set(place + i, tokens[i]);
  return changed;
}

export function without(pins: Pins, place: number): Pins {
  const changed = new Map(pins);
  changed.delete(place);
  return changed;
}

/** What a sampler is given: the pinned tokens, −1 where it fills in; nothing where it fills in everything. */
export function givenOf(pins: Pins, length: number): Int32Array | undefined {
  if (pins.size === 0) return undefined;
  return Int32Array.from({ length }, (_, place) => pins.get(place) ?? -1);
}
