import type { Scene } from "../../../src/data/scenes/scene.js";

/**
 * Answers a question by its words, apart from the programs that questions are made by: a second opinion on every answer.
 * Throws where the words mean no thing, or several.
 */
export function solve(text: string, scene: Scene): string {
  const { things, digits, bars } = scene;
  type Thing = (typeof things)[number];
  const lines = ["top", "middle", "bottom"];
  const columns = ["left", "middle", "right"];
  const placeName = (place: number) => {
    const [line, column] = [lines[Math.floor(place / 3)], columns[place % 3]];
    return place === 4 ? "centre" : `${line} ${column}`;
  };
  const has = (thing: Thing, word: string) => {
    const shape = word.replace(/^crosses$/, "cross").replace(/(circle|square|triangle|ring)s$/, "$1");
    return /^things?$/.test(word) || [thing.colour, thing.size, thing.shape].includes(shape as never);
  };
  const all = (phrase: string): Thing[] => {
    const [, words, place, not] = /^(.*?)(?: at the (.*?))?(?: that is not (?:a )?(.*))?$/.exec(phrase)!;
    return things.filter(
      (thing) =>
        words.split(" ").every((word) => has(thing, word)) &&
        (place === undefined || placeName(thing.place) === place) &&
        (not === undefined || !has(thing, not)),
    );
  };
  const one = (phrase: string): Thing => {
    const [first, ...others] = all(phrase);
    if (!first || others.length > 0) throw new Error(`"${phrase}" means ${others.length + (first ? 1 : 0)} things.`);
    return first;
  };
  const pixelX = ({ place, offset }: Thing) => 16 * (place % 3) + offset[0];
  const pixelY = ({ place, offset }: Thing) => 16 * Math.floor(place / 3) + offset[1];
  const bigger = ["small", "medium", "large"];
  const rules: [RegExp, (...parts: string[]) => string][] = [
    [/^how many bars are there$/, () => `${bars.length}`],
    [/^how tall is the (\w+) bar$/, (colour) => `${bars.find((bar) => bar.colour === colour)!.value}`],
    [
      /^which bar is the (tallest|shortest)$/,
      (which) => {
        const values = bars.map(({ value }) => value);
        const wanted = which === "tallest" ? Math.max(...values) : Math.min(...values);
        const found = bars.filter(({ value }) => value === wanted);
        if (found.length > 1) throw new Error(`${found.length} bars are the ${which}.`);
        return found[0].colour;
      },
    ],
    [/^what is the digit at the (.*)$/, (at) => `${digits.find(({ place }) => placeName(place) === at)!.digit}`],
    [/^what is the (\w+) digit$/, (colour) => `${digits.find((digit) => digit.colour === colour)!.digit}`],
    [
      /^which thing is the odd one out$/,
      () => {
        const names = things.map(({ colour, shape }) => `${colour} ${shape}`);
        const odd = names.filter((name) => names.indexOf(name) === names.lastIndexOf(name));
        if (odd.length !== 1) throw new Error(`${odd.length} things are odd.`);
        return odd[0];
      },
    ],
    [/^how many more (.*) than (.*) are there$/, (a, b) => `${all(a).length - all(b).length}`],
    [/^how many (.*) and (.*) are there together$/, (a, b) => `${all(a).length + all(b).length}`],
    [/^how many things are not (.*)$/, (not) => `${things.length - all(not).length}`],
    [/^how many (.*) are there$/, (what) => `${all(what).length}`],
    [/^are there more (.*) than (.*)$/, (a, b) => (all(a).length > all(b).length ? "yes" : "no")],
    [
      /^is the (.*) larger than the (.*)$/,
      (a, b) => (bigger.indexOf(one(a).size) > bigger.indexOf(one(b).size) ? "yes" : "no"),
    ],
    [/^is the (.*) left of the (.*)$/, (a, b) => (pixelX(one(a)) < pixelX(one(b)) ? "yes" : "no")],
    [/^is the (.*) right of the (.*)$/, (a, b) => (pixelX(one(a)) > pixelX(one(b)) ? "yes" : "no")],
    [/^is the (.*) above the (.*)$/, (a, b) => (pixelY(one(a)) < pixelY(one(b)) ? "yes" : "no")],
    [/^is the (.*) below the (.*)$/, (a, b) => (pixelY(one(a)) > pixelY(one(b)) ? "yes" : "no")],
    [
      /^what (colour|shape) is the thing directly (left of|right of|above|below) the (.*)$/,
      (ask, side, of) => {
        const { place } = one(of);
        const step = { "left of": -1, "right of": 1, above: -3, below: 3 }[side]!;
        const found = things.find((thing) => thing.place === place + step)!;
        return found[ask as "colour" | "shape"];
      },
    ],
    [/^what (colour|shape|size) is the (.*)$/, (ask, of) => one(of)[ask as "colour" | "shape" | "size"]],
    [/^where is the (.*)$/, (what) => placeName(one(what).place)],
  ];
  for (const [pattern, answer] of rules) {
    const match = pattern.exec(text);
    if (match) return answer(...match.slice(1));
  }
  throw new Error(`No rule answers "${text}".`);
}
