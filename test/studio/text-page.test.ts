import { describe, expect, test } from "vitest";
import { psiSamplers, ruleOf } from "../../src/methods/discrete/rules.js";
import { logLinear } from "../../src/methods/discrete/schedule.js";
import { evaluationNear, evaluationsOf } from "../../studio/src/lib/cards.js";
import { significant } from "../../studio/src/lib/format.js";
import { judges, realBits } from "../../studio/src/pages/text/judging.js";
import { givenOf, readPins, without, withTokens, writePins } from "../../studio/src/pages/text/pins.js";
import { STRENGTHS } from "../../studio/src/pages/text/samplers.js";
import {
  changesBetween,
  heldAt,
  played,
  rangeOf,
  recorded,
  START,
  sharesOf,
  ticked,
} from "../../studio/src/pages/text/timeline.js";

describe("pinned tokens", () => {
  const pins = new Map([
    [40, 7],
    [12, 5],
    [13, 0],
  ]);

  test("stand in the URL as runs, and come back", () => {
    expect(writePins(pins)).toBe("12-5.0_40-7");
    expect(readPins("12-5.0_40-7", 64)).toEqual(pins);
    expect(writePins(new Map())).toBe("");
  });

  test("of a broken or foreign URL are left out", () => {
    expect(readPins("x-1_3-_-1-2_4-1.x_7:1_5-2", 64)).toEqual(new Map([[5, 2]]));
    expect(readPins("14-1.2.3", 16)).toEqual(
      new Map([
        [14, 1],
        [15, 2],
      ]),
    );
  });

  test("are what a sampler is given, and nothing without any", () => {
    expect(givenOf(new Map([[1, 9]]), 3)).toEqual(Int32Array.of(-1, 9, -1));
    expect(givenOf(new Map(), 3)).toBeUndefined();
  });

  test("are replaced by what is typed, up to the sequence's end", () => {
    expect(withTokens(pins, 13, [1, 2], 14)).toEqual(new Map([...pins, [13, 1]]));
    expect(without(pins, 13).has(13)).toBe(false);
    expect(pins.get(13)).toBe(0);
  });
});

describe("timeline", () => {
  test("shares of what a step did add up to 1", () => {
    expect(sharesOf(Uint8Array.of(0, 1, 1, 2))).toEqual({ kept: 0.25, denoised: 0.5, takenBack: 0.25 });
    expect(sharesOf(new Uint8Array(0))).toEqual({ kept: 0, denoised: 0, takenBack: 0 });
  });

  test("a sampler that tells nothing is compared with the step before", () => {
    expect(changesBetween(Int32Array.of(1, 2, 3), Int32Array.of(1, 5, 3))).toEqual(Uint8Array.of(0, 1, 0));
    expect(changesBetween(undefined, Int32Array.of(1, 2))).toEqual(Uint8Array.of(0, 0));
  });

  test("follows what is drawn until it is held", () => {
    expect(recorded(START, 3)).toEqual({ at: 2, mode: "follow" });
    expect(recorded(heldAt(1, 3), 4)).toEqual({ at: 1, mode: "hold" });
    expect(heldAt(99, 4)).toEqual({ at: 3, mode: "hold" });
    expect(heldAt(-1, 4)).toEqual({ at: 0, mode: "hold" });
  });

  test("plays to the end, then holds; while more is drawn it follows; from the end it begins anew", () => {
    expect(played({ at: 3, mode: "hold" }, 4)).toEqual({ at: 0, mode: "play" });
    expect(played({ at: 1, mode: "hold" }, 4)).toEqual({ at: 1, mode: "play" });
    expect(ticked({ at: 1, mode: "play" }, 4, false)).toEqual({ at: 2, mode: "play" });
    expect(ticked({ at: 2, mode: "play" }, 4, false)).toEqual({ at: 3, mode: "hold" });
    expect(ticked({ at: 2, mode: "play" }, 4, true)).toEqual({ at: 3, mode: "follow" });
    expect(ticked({ at: 1, mode: "hold" }, 4, true)).toEqual({ at: 1, mode: "hold" });
  });
});

describe("judges", () => {
  const tokenizer = { characters: ["a", "b"], merges: [] };
  const model = { training: { data: "text-mix" }, text: { tokenizer, lines: false } };

  test("read what was learnt of the same data in the same tokens, and nothing else", () => {
    expect(judges(structuredClone(model), model)).toBe(true);
    expect(judges({ ...model, training: { data: "names" } }, model)).toBe(false);
    expect(judges({ ...model, text: { tokenizer, lines: true } }, model)).toBe(false);
    expect(judges({ ...model, text: { tokenizer: { ...tokenizer, characters: ["a"] }, lines: false } }, model)).toBe(
      false,
    );
    for (const nothing of [{}, { text: model.text }, { training: {}, text: model.text }])
      expect(judges(nothing, nothing)).toBe(false);
  });

  test("have a card that says what real text costs", () => {
    expect(realBits({ metrics: [{ name: "Bits per character", value: 1.9 }] })).toBe(1.9);
    for (const other of [null, undefined, [], {}, { metrics: [{ name: "Bits per character" }] }, { metrics: 3 }])
      expect(realBits(other)).toBeNull();
  });

  test("leave gaps in a plot, whose range is round", () => {
    expect(rangeOf([2.31, null, 4.02, 1.7])).toEqual([1.6, 4.1]);
    expect(rangeOf([null])).toEqual([0, 1]);
  });
});

describe("samplers", () => {
  test("each is asked for the strength that it takes, and shows the one that it has", () => {
    for (const name of psiSamplers) {
      const { takes, make } = ruleOf(name);
      const own = takes.filter((option) => option !== "window");
      const strength = STRENGTHS[name];
      expect(own, name).toEqual(strength ? [strength.option] : []);
      if (!strength) continue;
      const kappas = ({ kappa, grid }: ReturnType<typeof make>) => {
        const [alphaT, alphaS] = [0.4, 0.5];
        return [grid, kappa?.({ t: 0.6, s: 0.5, step: 8, steps: 20, alphaT, alphaS })];
      };
      const schedule = logLinear();
      expect(kappas(make({ [strength.option]: strength.preset }, schedule, 20)), name).toEqual(
        kappas(make({}, schedule, 20)),
      );
    }
  });
});

describe("cards", () => {
  const metrics = [{ name: "Perplexity", value: 5 }];
  const old = { nfe: 16, sampler: "cap", nucleus: 0.9, metrics };
  const newer = { nfe: 65, options: { sampler: "cap", nucleus: 0.9 }, metrics };

  test("of pictures are lists, of text objects; anything else has no measurements", () => {
    expect(evaluationsOf([old])).toEqual([old]);
    expect(evaluationsOf({ likelihood: [], evaluations: [newer] })).toEqual([newer]);
    for (const other of [null, undefined, "no", {}, { evaluations: 3 }, [{ nfe: "x" }, null]])
      expect(evaluationsOf(other)).toEqual([]);
  });

  test("the nearest measurement is one of the same sampler and nucleus", () => {
    const card = { evaluations: [old, newer] };
    expect(evaluationNear(card, { sampler: "cap", nucleus: 0.9, nfe: 50 })).toBe(newer);
    expect(evaluationNear(card, { sampler: "cap", nucleus: 0.9, nfe: 20 })).toBe(old);
    expect(evaluationNear(card, { sampler: "cap", nucleus: 1, nfe: 20 })).toBeUndefined();
    expect(evaluationNear(card, { sampler: "loop", nucleus: 0.9, nfe: 20 })).toBeUndefined();
  });

  test("figures have three digits", () => {
    expect([128.43, 1.9688, 0.012345, 5].map(significant)).toEqual(["128", "1.97", "0.0123", "5"]);
  });
});
