import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { characterTokenizer } from "../../../src/data/tokens/tokenizer.js";
import { discreteNetwork } from "../../../src/methods/discrete/network.js";
import { onnxDenoiser } from "../../../src/methods/discrete/onnx-file.js";
import { psiSample } from "../../../src/methods/discrete/sampler.js";
import { shapes } from "../../../src/methods/discrete/shape.js";
import { TextModel } from "../../../src/methods/discrete/text-model.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";

const folder = mkdtempSync(join(tmpdir(), "onnx-denoiser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const classes of [0, 3])
  test(`an exported network with ${classes} classes is sampled from its file as from the model`, async () => {
    const network = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 16, tied: false } as const;
    const shape = { ...shapes.tiny, vocabulary: 7, length: 6, classes, network };
    const net = discreteNetwork(shape);
    const parameters = nn.initialize(net, 1);
    const random = new Random(2, "weights");
    parameters.flat.forEach((_, i) => {
      parameters.flat[i] += 0.3 * random.normal(); // no layer stays at zero
    });
    nn.load(net, parameters.toRecord());
    const config = { network: shape, classNames: null, name: "random" } as never;
    const model = new TextModel(config, shape, net, characterTokenizer("abcdefg"));
    const path = join(folder, `${classes}.onnx`);
    writeFileSync(path, model.parts.denoiser.toOnnx(2));
    const file = await onnxDenoiser(path, { none: classes });
    const tokens = Int32Array.from({ length: 12 }, (_, i) => i % 7);
    const sigma = Float32Array.of(0.3, 2);
    const own = (await model.denoiser(2)(tokens, sigma)) as Float32Array;
    const theirs = (await file.denoiser(tokens, sigma)) as Float32Array;
    expect(theirs).toHaveLength(2 * 6 * 7);
    theirs.forEach((v, i) => {
      expect(v).toBeCloseTo(own[i], 4);
    });
    const options = { length: 6, batch: 2, steps: 5 };
    let last = new Int32Array();
    for await (const step of psiSample(file.denoiser, model.process, { ...options, random: new Random(3) }))
      last = Int32Array.from(step.tokens);
    expect(last.every((token) => token >= 0 && token < 7)).toBe(true);
    await file.release();
    await model.release();
  });

test("a network that is no denoiser is named as such", async () => {
  const path = join(folder, "other.onnx");
  writeFileSync(path, compile({ x: [2, 3] }, ({ x }) => ({ y: x.exp() })).toOnnx());
  await expect(onnxDenoiser(path)).rejects.toThrow(/other\.onnx is no denoiser: it takes "x" float32/);
  await expect(onnxDenoiser(join(folder, "none.onnx"))).rejects.toThrow("There is no file");
});
