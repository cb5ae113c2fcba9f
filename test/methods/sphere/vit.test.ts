import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  latentMixer,
  patchify,
  unpatchify,
  type VitConfig,
  vitDecoder,
  vitEncoder,
  vitSizes,
} from "../../../src/methods/sphere/vit.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile, type Feed } from "../../../src/runtime/index.js";
import { attention, axialRotation, constant, grad, type Tensor } from "../../../src/tensor/index.js";

const random = new Random(6, "sphere vit");

const conditional: VitConfig = {
  image: { channels: 3, height: 8, width: 12 },
  patch: 4,
  channels: 5,
  width: 16,
  layers: 2,
  heads: 2,
  mixer: 2,
  head: "linear",
  conditional: true,
};
const unconditional: VitConfig = {
  image: { channels: 3, height: 6, width: 4 },
  patch: 2,
  channels: 5,
  width: 24,
  layers: 2,
  heads: 3,
  mixer: 2,
  head: "conv",
  conditional: false,
};
/** Two images, two latents and two conditions for a configuration. */
const shapesOf = ({ image, patch, channels, width }: VitConfig) => ({
  images: [2, image.channels, image.height, image.width],
  latents: [2, (image.height * image.width * channels) / patch ** 2],
  condition: [2, width],
});

/** Runs a graph once on normal numbers, or on what `feeds` gives. */
async function evaluate<I extends string, K extends string>(
  shapes: Record<I, number[]>,
  build: (inputs: Record<I, Tensor>) => Record<K, Tensor>,
  feeds: Partial<Record<I, Feed>> = {},
) {
  const program = compile(shapes, build, { threads: 1 });
  const entries = Object.entries(shapes) as [I, number[]][];
  const values = await program.run(
    Object.fromEntries(
      entries.map(([name, shape]) => [name, feeds[name] ?? random.normals(shape.reduce((a, b) => a * b))]),
    ) as Record<I, Feed>,
  );
  await program.release();
  return values as Record<K, Float32Array>;
}

/** Every parameter anew, away from the zeros that a network starts with. */
function shake(net: nn.Parameterized): void {
  const { flat } = net.parameters;
  for (let i = 0; i < flat.length; i++) flat[i] += 0.1 * random.normal();
}

const worst = (t: Tensor): Tensor => t.abs().max();

describe("20: adaLN-zero", () => {
  test("a block starts as the identity; one changed weight of its modulation lets the condition through", async () => {
    const { trunk } = vitDecoder(conditional);
    const { blocks } = trunk as unknown as { blocks: ReturnType<typeof nn.ditBlock>[] };
    const block = nn.module({ block: blocks[0] });
    const run = () =>
      evaluate({ x: [2, 6, 16], c: [2, 16], other: [2, 16] }, ({ x, c, other }) => ({
        change: worst(blocks[0](x, c).sub(x)),
        difference: worst(blocks[0](x, c).sub(blocks[0](x, other))),
      }));
    block.parameters.initialize(1);
    expect(await run()).toEqual({ change: Float32Array.of(0), difference: Float32Array.of(0) });
    const modulation = block.parameters.entries.find(({ name }) => name === "block.modulation.weight")!;
    modulation.parameter.value![2 * 16] = 0.5; // a gate of attention, from the first channel of the condition
    expect((await run()).difference[0]).toBeGreaterThan(1e-3);
  });

  test("an encoder that starts does not depend on the class, one that has learned does", async () => {
    const net = vitEncoder(conditional);
    const { images, condition } = shapesOf(conditional);
    const run = () =>
      evaluate({ images, c: condition, other: condition }, ({ images, c, other }) => ({
        size: worst(net(images, c)),
        difference: worst(net(images, c).sub(net(images, other))),
      }));
    net.parameters.initialize(1);
    const start = await run();
    expect(start.size[0]).toBeGreaterThan(0.1);
    expect(start.difference[0]).toBe(0);
    shake(net);
    expect((await run()).difference[0]).toBeGreaterThan(1e-3);
  });
});

describe("21: rotary positions on a grid", () => {
  const [lines, columns, width] = [3, 4, 8];
  const tokens = lines * columns;
  const turning = (line = 0, column = 0) =>
    axialRotation(
      [
        Array.from({ length: tokens }, (_, i) => line + Math.floor(i / columns)),
        Array.from({ length: tokens }, (_, i) => column + (i % columns)),
      ],
      width,
    );

  test("lengths stay, token (0, 0) stays, the halves turn with line and column, products depend on differences only", async () => {
    const q = random.normals(tokens * width);
    const k = random.normals(tokens * width);
    const shape = [tokens, width];
    const { turned, products, shifted } = await evaluate(
      { q: shape, k: shape },
      ({ q, k }) => {
        const at = turning();
        const moved = turning(1, 2);
        return {
          turned: q.rotary(at),
          products: q.rotary(at).matmul(k.rotary(at).T),
          shifted: q.rotary(moved).matmul(k.rotary(moved).T),
        };
      },
      { q, k },
    );
    const norm = (v: Float32Array, row: number) => Math.hypot(...v.subarray(row * width, (row + 1) * width));
    for (let row = 0; row < tokens; row++) expect(norm(turned, row)).toBeCloseTo(norm(q, row), 5);
    expect(turned.slice(0, width)).toEqual(q.slice(0, width));
    expect(turned.slice(width, 1.5 * width)).toEqual(q.slice(width, 1.5 * width)); // (0, 1): same line
    expect(turned.slice((columns + 0.5) * width, (columns + 1) * width)).toEqual(
      q.slice((columns + 0.5) * width, (columns + 1) * width),
    ); // (1, 0): same column
    shifted.forEach((value, i) => void expect(Math.abs(value - products[i])).toBeLessThan(5e-6));
    // (1, 0): the first pair of the first half turns by one radian
    const at = columns * width;
    expect(turned[at]).toBeCloseTo(q[at] * Math.cos(1) - q[at + 1] * Math.sin(1), 5);
  });

  test("attention takes it: then, and only then, the order of tokens matters", async () => {
    const rotated = nn.attention(width, 1, { rotary: turning() });
    const plain = nn.attention(width, 1);
    const net = nn.module({ rotated, plain });
    net.parameters.initialize(2);
    const { rotatedChange, plainChange } = await evaluate({ x: [1, tokens, width] }, ({ x }) => {
      const change = (f: nn.Layer) => worst(f(x.flip(1)).flip(1).sub(f(x)));
      return { rotatedChange: change(rotated), plainChange: change(plain) };
    });
    expect(plainChange[0]).toBeLessThan(1e-6);
    expect(rotatedChange[0]).toBeGreaterThan(1e-3);
  });

  test("positions that do not fit are refused", () => {
    expect(() => axialRotation([[0, 1], [0]], 8)).toThrow("same number of positions");
    expect(() => axialRotation([[0], [0]], 6)).toThrow("2 axes need a multiple of 4 features, got 6");
    const x = constant(new Float32Array(3 * width), [3, width]);
    expect(() => attention(x.rotary(turning()), x, x)).toThrow();
  });
});

test("22: every row of the position table has squared length w/2, and no two are the same", () => {
  const [height, width, channels] = [5, 7, 24];
  const table = nn.sinCos2d(height, width, channels);
  const rows = Array.from({ length: height * width }, (_, i) => table.slice(i * channels, (i + 1) * channels));
  for (const row of rows) expect(row.reduce((sum, v) => sum + v * v, 0)).toBeCloseTo(channels / 2, 4);
  expect(new Set(rows.map(String)).size).toBe(rows.length);
});

describe("23: the mixer", () => {
  test("at its start it is RMSNorm times the gain; without the norm the identity", async () => {
    const net = latentMixer(6, 5, 3, "xavier");
    const bare = latentMixer(6, 5, 3, "xavier", false);
    const both = nn.module({ net, bare });
    both.parameters.initialize(3);
    const gain = random.normals(5);
    net.parameters.entries.find(({ name }) => name === "norm.weight")!.parameter.value!.set(gain);
    const { change, bareChange } = await evaluate({ x: [2, 6, 5] }, ({ x }) => {
      const normed = x.div(x.square().mean(-1, true).add(1e-6).sqrt()).mul(constant(gain));
      return { change: worst(net(x).sub(normed)), bareChange: worst(bare(x).sub(x)) };
    });
    expect(change[0]).toBeLessThan(1e-6);
    expect(bareChange[0]).toBe(0);
  });

  test("its token branch keeps channels apart and joins tokens", async () => {
    const { tokens } = latentMixer(6, 5, 1, "xavier").blocks[0];
    nn.module({ tokens }).parameters.initialize(4);
    const { change } = await evaluate({ x: [1, 6, 5], amount: [1] }, ({ x, amount }) => {
      const pushed = x.add(
        amount.mul(
          constant(
            Float32Array.from({ length: 30 }, (_, i) => Number(i === 7)),
            [1, 6, 5],
          ),
        ),
      );
      const branch = (t: Tensor) => tokens(t.transpose()).transpose();
      return { change: branch(pushed).sub(branch(x)) };
    });
    change.forEach((value, i) => {
      if (i % 5 === 2) expect(Math.abs(value), `token ${Math.floor(i / 5)}`).toBeGreaterThan(1e-5);
      else expect(value).toBe(0);
    });
  });
});

describe("24: pixels", () => {
  test("patches go back to where they came from; a token holds its patch, channel by channel", async () => {
    const pixels = Float32Array.from({ length: 2 * 3 * 4 * 6 }, (_, i) => i);
    const { back, tokens } = await evaluate(
      { x: [2, 3, 4, 6] },
      ({ x }) => ({ back: unpatchify(patchify(x, 2), 2, 3, 2), tokens: patchify(x, 2) }),
      { x: pixels },
    );
    expect(back).toEqual(pixels);
    expect([...tokens.slice(12, 20)]).toEqual([2, 3, 8, 9, 26, 27, 32, 33]); // token (0, 1), channels 0 and 1
  });

  test.each([
    ["linear, conditional", conditional],
    ["conv, unconditional", unconditional],
    ["conv, patches of 4", { ...conditional, head: "conv" }],
    ["conv, patches of 3", { ...unconditional, image: { channels: 1, height: 6, width: 9 }, patch: 3 }],
  ] as [string, VitConfig][])(
    "%s: whole images of exactly zero at the start, within (-1, 1) later",
    async (_, config) => {
      const { latents, condition, images } = shapesOf(config);
      const net = vitDecoder(config);
      const run = () =>
        evaluate({ v: latents, c: condition }, ({ v, c }) => {
          const x = net(v, config.conditional ? c : null);
          expect(x.shape).toEqual(images);
          return { x };
        });
      net.parameters.initialize(5);
      expect((await run()).x.every((value) => value === 0)).toBe(true);
      shake(net);
      const { x } = await run();
      expect(x.every((value) => Math.abs(value) <= 1)).toBe(true);
      expect(x.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    },
  );

  test("an encoder head at zero gives latents of zero", async () => {
    const net = vitEncoder({ ...unconditional, encoderHead: "zeros" });
    net.parameters.initialize(1);
    const { z } = await evaluate({ x: shapesOf(unconditional).images }, ({ x }) => ({ z: net(x, null) }));
    expect(z.every((value) => value === 0)).toBe(true);
  });
});

describe("25: numbers of parameters", () => {
  const square = (side: number) => ({ channels: 3, height: side, width: side });
  const paper = (size: keyof typeof vitSizes, channels: number, isConditional: boolean): VitConfig => ({
    ...vitSizes[size],
    image: square(256),
    patch: 8,
    channels,
    mixer: 4,
    head: "linear",
    conditional: isConditional,
  });
  const cifar = (size: keyof typeof vitSizes): VitConfig => ({
    ...vitSizes[size],
    image: square(32),
    patch: 2,
    channels: 8,
    mixer: 2,
    head: "conv",
    conditional: true,
  });

  /**
   * The specification's count of one network, which leaves out the convolutions to pixels and, here, the fixed
   * positions.
   */
  function formula({ image, patch: p, channels: d, width: w, layers, mixer: k, head, conditional: c }: VitConfig) {
    const n = (image.height * image.width) / p ** 2;
    const h = Math.floor((8 * w) / 3);
    const mixer = (width: number) => k * (2 * n * n + 2 * n + 4 * width * width + 3 * width + 2 * width + 2) + width;
    const o = head === "linear" ? 3 * p * p : 32;
    const convs = head === "linear" ? 3 * 3 * 9 + 3 : 32 * 32 * 9 + 32 + 32 * 3 * (p + 2) ** 2 + 3;
    const blocks = layers * (4 * w * w + 4 * w + 3 * w * h + 2 * h + w + 2 * w + (c ? 6 * w * w + 6 * w : 0));
    const headModulation = c ? w + 2 * w * w + 2 * w : 0;
    return {
      encoder: 3 * p * p * w + w * w + w + blocks + headModulation + w * d + d + mixer(d),
      decoder: d * w + w + mixer(w) + blocks + headModulation + w * o + o + convs,
      positions: 2 * n * w,
    };
  }

  /** Both networks, each as the formula has it, with the class tables that their owner adds. */
  function counts(config: VitConfig, classes: number) {
    const { positions, ...wanted } = formula(config);
    const [encoder, decoder] = [vitEncoder(config), vitDecoder(config)].map(nn.countParameters);
    expect({ encoder, decoder }).toEqual(wanted);
    const tables = config.conditional ? 2 * (classes + 1) * config.width : 0;
    return { trainable: encoder + decoder + tables, positions };
  }

  test.each([
    ["Large, Animal Faces, no classes", paper("large", 128, false), 0, 642],
    ["Large, Oxford Flowers", paper("large", 128, true), 102, 949],
    ["Large, ImageNet", paper("large", 64, true), 1000, 950],
    ["XL, ImageNet", paper("xlarge", 64, true), 1000, 1390],
  ])("%s", (_, config, classes, millions) => {
    const { trainable, positions } = counts(config, classes);
    expect(Math.abs((trainable + positions) / (millions * 1e6) - 1), `${trainable + positions}`).toBeLessThan(0.003);
  });

  test.each([
    ["Base, CIFAR-10", cifar("base"), 263],
    ["Small, CIFAR-10", cifar("small"), 80],
  ])("%s", (_, config, millions) => {
    expect(Math.round(counts(config, 10).trainable / 1e6)).toBe(millions);
  });
});

interface Golden {
  network: "encoder" | "decoder";
  config: VitConfig;
  seed: number;
  inputs: Record<string, number[]>;
  weights: { name: string; shape: number[]; scale: number; mean: number }[];
  output: { shape: number[]; data: number[] };
  /** Sum and norm of each. */
  gradients: Record<string, [number, number]>;
}
const goldens: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../../goldens/sphere/vit.json", import.meta.url), "utf8"),
);

/** The golden file's numbers: uniform, by Park & Miller's generator. */
function drawing(seed: number) {
  let state = seed;
  return (shape: readonly number[], scale = 1, mean = 0) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      state = (state * 48271) % 2147483647;
      return mean + scale * Math.sqrt(12) * (state / 2147483647 - 0.5);
    });
}

describe("values and gradients follow PyTorch", () => {
  test.each(Object.entries(goldens))("%s", async (_, { network, config, seed, inputs, weights, output, gradients }) => {
    const net = network === "encoder" ? vitEncoder(config) : vitDecoder(config);
    const { parameters } = net;
    expect(parameters.entries.map(({ name }) => name).sort()).toEqual(weights.map(({ name }) => name).sort());
    const draw = drawing(seed);
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, draw(shape)]));
    parameters.load(
      Object.fromEntries(
        weights.map(({ name, shape, scale, mean }) => [name, { shape, data: draw(shape, scale, mean) }]),
      ),
    );
    const cotangent = draw(output.shape);
    const names = Object.keys(gradients);
    const got = await evaluate(
      inputs,
      (given) => {
        const result = net(given.x, given.condition ?? null);
        const flat = result.reshape(output.shape);
        const targets: Record<string, Tensor> = {
          ...given,
          ...Object.fromEntries(parameters.entries.map(({ name, parameter }) => [`weights.${name}`, parameter])),
        };
        const found = grad(
          flat.mul(constant(cotangent, output.shape)).sum(),
          names.map((name) => targets[name]),
        );
        return { result, ...Object.fromEntries(names.map((name, i) => [name, found[i]])) } as Record<string, Tensor>;
      },
      feeds,
    );
    expect(got.result.length).toBe(output.data.length);
    output.data.forEach((value, i) => void expect(Math.abs(got.result[i] - value), `output ${i}`).toBeLessThan(1e-4));
    expect(names.length).toBe(weights.length + Object.keys(inputs).length);
    for (const name of names) {
      const [sum, norm] = gradients[name];
      const squares = got[name].reduce((total, v) => total + v * v, 0);
      expect(norm, name).toBeGreaterThan(0);
      expect(Math.abs(Math.sqrt(squares) / norm - 1), `norm of the gradient of ${name}`).toBeLessThan(1e-3);
      const total = got[name].reduce((a, v) => a + v, 0);
      expect(Math.abs(total - sum) / (norm * Math.sqrt(got[name].length)), `its sum`).toBeLessThan(1e-3);
    }
  });
});

describe("what does not fit is refused", () => {
  test("sizes", () => {
    expect(() => vitEncoder({ ...conditional, patch: 5 })).toThrow(
      "Patches of 5 pixels do not divide an image of 8×12",
    );
    expect(() => vitDecoder({ ...conditional, heads: 8 })).toThrow("multiple of 4, got 16/8 = 2");
  });
  test("inputs", () => {
    const images = constant(new Float32Array(3 * 4 * 4), [1, 3, 4, 4]);
    const condition = constant(new Float32Array(16), [1, 16]);
    expect(() => vitEncoder(conditional)(images, condition)).toThrow("takes images [B, 3, 8, 12], got [1, 3, 4, 4]");
    const latents = constant(new Float32Array(30), [1, 30]);
    expect(() => vitDecoder(conditional)(latents, null)).toThrow("give the class vectors");
    expect(() => vitDecoder(unconditional)(latents, condition)).toThrow("its condition must be null");
  });
});
