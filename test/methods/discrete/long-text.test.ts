import { afterAll, describe, expect, test } from "vitest";
import { characterTokenizer } from "../../../src/data/tokens/tokenizer.js";
import { evaluateText, type TextReference } from "../../../src/judges/text.js";
import type { StepDetail } from "../../../src/methods/discrete/model.js";
import { discreteNetwork } from "../../../src/methods/discrete/network.js";
import type { TextSampleOptions } from "../../../src/methods/discrete/options.js";
import { discreteShape } from "../../../src/methods/discrete/shape.js";
import { TextModel } from "../../../src/methods/discrete/text-model.js";
import { windowsOf } from "../../../src/methods/discrete/windows.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";

const L = 8;

/** A model with random weights, which looks at everything that it is given. */
function loaded(process: "uniform" | "masked", lines = false) {
  const network = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 8 };
  const shape = discreteShape.parse({ process, vocabulary: 6, length: L, network });
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, 0);
  const random = new Random(0, "weights");
  for (const { name, offset, size } of parameters.entries) {
    const deviation = name.includes("embedding") ? 1 : /head|time/.test(name) ? 0.25 : 0.7;
    for (let i = offset; i < offset + size; i++) parameters.flat[i] = deviation * random.normal();
  }
  const tokenizer = characterTokenizer("abcde\n");
  const config = { network: shape, classNames: null, name: "random", text: { tokenizer, lines } } as never;
  nn.load(net, parameters.toRecord());
  return new TextModel(config, shape, net, tokenizer, { threads: 1 });
}
const [uniform, masked, ofLines] = [loaded("uniform"), loaded("masked"), loaded("uniform", true)];
afterAll(() => Promise.all([uniform, masked, ofLines].map((model) => model.release())));

test("windows cover a text, overlap, and end where it ends", () => {
  expect(windowsOf(5, 8, 4)).toEqual([{ start: 0, known: 0 }]);
  expect(windowsOf(8, 8, 4)).toHaveLength(1);
  expect(windowsOf(9, 8, 4)).toEqual([
    { start: 0, known: 0 },
    { start: 1, known: 7 },
  ]);
  expect(windowsOf(21, 8, 2).map(({ start, known }) => [start, known])).toEqual([
    [0, 0],
    [6, 2],
    [12, 2],
    [13, 7],
  ]);
});

describe.each([
  ["uniform", uniform],
  ["masked", masked],
] as const)("%s noise", (_, model) => {
  const draw = async (options: TextSampleOptions) => {
    const { strings, tokens } = await model.sample({ steps: 4, seed: 3, ...options });
    return {
      strings,
      rows: Array.from(strings, (_, i) =>
        [...tokens!].slice((i * tokens!.length) / strings.length, ((i + 1) * tokens!.length) / strings.length),
      ),
    };
  };

  test("a text has the length that was asked for, begins as a shorter one, and is the same again", async () => {
    const whole = (await draw({ count: 3, length: 21, overlap: 3 })).rows;
    expect(whole.map((row) => row.length)).toEqual([21, 21, 21]);
    for (const row of whole) for (const token of row) expect(token).toBeLessThan(6);
    expect((await draw({ count: 3, length: 21, overlap: 3 })).rows).toEqual(whole);
    const own = (await draw({ count: 3 })).rows;
    expect(whole.map((row) => row.slice(0, L))).toEqual(own);
    expect((await draw({ count: 3, length: 5 })).rows).toEqual(own.map((row) => row.slice(0, 5)));
    expect(new Set(whole.map((row) => row.slice(L).join())).size).toBe(3);
  });

  test("sample i does not depend on the count", async () => {
    const [few, many] = [await draw({ count: 2, length: 20 }), await draw({ count: 9, length: 20 })];
    expect(many.rows.slice(0, 2)).toEqual(few.rows);
  });

  test("a window keeps what it is given, and what it draws depends on that", async () => {
    const steps: { evaluations: number; tokens: number[]; changes: number[] }[] = [];
    let told: [number, number] = [0, 0];
    const onStep = (done: number, total: number) => {
      told = [done, total];
    };
    const options = { steps: 4, seed: 3, length: 14, overlap: 2 };
    for await (const { evaluations, detail, steps: all, step } of model.stream(options, { onStep })) {
      const { tokens, changes } = detail as StepDetail;
      steps.push({ evaluations, tokens: [...tokens], changes: [...changes] });
      expect([step, all]).toEqual([steps.length, 10]);
    }
    expect(told).toEqual([10, 10]);
    expect(steps.map(({ evaluations }) => evaluations)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(model.cost(options)).toBe(10);
    const first = steps[4].tokens;
    expect(first.slice(L)).toEqual(new Array(6).fill(6)); // not drawn yet
    for (const { tokens, changes } of steps.slice(5)) {
      expect(tokens.slice(0, L)).toEqual(first.slice(0, L));
      expect(changes.slice(0, L)).toEqual(new Array(L).fill(0));
    }
    // Another beginning: the same random numbers make something else of the second window
    const ends = await Promise.all(
      ["aaaaaaaa", "eeeeeeee"].map(
        async (prompt) => (await draw({ count: 32, length: 14, overlap: 4, steps: 12, prompt })).rows,
      ),
    );
    expect(ends[0].every((row) => row.slice(0, L).every((token) => token === 1))).toBe(true);
    expect(ends[0].map((row) => row.slice(L))).not.toEqual(ends[1].map((row) => row.slice(L)));
  });

  test("a prompt, a template and given tokens may be longer than a window", async () => {
    const prompt = "abcdeabcdeab";
    const [continued] = (await draw({ length: 20, prompt })).strings;
    expect(continued.startsWith(prompt)).toBe(true);
    const [filled] = (await draw({ length: 20, template: "ab_________cde__a" })).strings;
    expect(filled).toMatch(/^ab[a-e\n]{9}cde[a-e\n]{2}a[a-e\n]{3}$/);
    await expect(model.sample({ length: 10, prompt })).rejects.toThrow("The prompt has 12 tokens, the sequence 10");
    await expect(model.sample({ length: 10 }, { given: new Int32Array(L) })).rejects.toThrow(
      "8 given tokens fit neither",
    );
  });

  test("each window costs its steps", () => {
    expect(model.cost({ steps: 4 })).toBe(5);
    expect(model.cost({ steps: 4, length: 3 })).toBe(5);
    expect(model.cost({ steps: 4, length: 16 })).toBe(15); // overlap 4: windows end at 8, 12, 16
    expect(model.cost({ steps: 4, length: 16, overlap: 7 })).toBe(45);
    expect(model.cost({ steps: 4, length: 16, final: "none" })).toBe(12);
  });
});

test.each<[object, RegExp]>([
  [{ length: 0 }, /length must be a whole number in \[1, 1000000\], got 0/],
  [{ length: 9.5 }, /length must be a whole number/],
  [{ overlap: 2 }, /overlap is for texts longer than the model's 8 tokens; set such a length, or leave it out/],
  [{ overlap: 2, length: 8 }, /overlap is for texts longer/],
  [{ overlap: 8, length: 20 }, /overlap must be below the model's 8 tokens, got 8/],
])("%o is refused", (options, message) => {
  expect(() => uniform.cost(options)).toThrow(message);
});

test("lines end where they end, and texts are judged at the model's own length", async () => {
  expect(() => ofLines.cost({ length: 4 } as never)).toThrow(/random takes no "length"/);
  expect(() => ofLines.cost({ overlap: 4 } as never)).toThrow(/random takes no "overlap"/);
  await expect(evaluateText(uniform, {} as TextReference, { sample: { length: 20 } })).rejects.toThrow(
    "judged at the model's own length, 8 tokens; leave out length",
  );
});
