import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { compile } from "../../src/runtime/index.js";
import { concat, constant, type Tensor } from "../../src/tensor/index.js";

/** The image generator of drifting models (2602.04770, appendix A.2) on a 32×32×4 latent, patch 2. */
function generator({
  depth,
  width,
  heads,
  tokens = 256,
  extra = 16,
  classes = 1001,
  styles = 32,
  rows = 64,
}: {
  depth: number;
  width: number;
  heads: number;
  tokens?: number;
  extra?: number;
  classes?: number;
  styles?: number;
  rows?: number;
}) {
  const side = Math.sqrt(tokens);
  const patch = nn.linear(16, width, { init: "xavier" });
  const positions = nn.parameter([tokens, width], nn.init.values(nn.sinCos2d(side, side, width)));
  const context = nn.module(
    { project: nn.linear(width, width, { init: "xavier" }), table: nn.parameter([extra, width], nn.init.normal(0.02)) },
    () => {},
  );
  const label = nn.embedding(classes, width, { init: 0.02 });
  const style = nn.embedding(styles * rows, width, { init: 0.02 });
  const guidance = nn.sequential(
    nn.linear(256, width, { init: 0.02 }),
    nn.silu,
    nn.linear(width, width, { init: 0.02 }),
    nn.rmsNorm(width),
  );
  const blocks = Array.from({ length: depth }, () => nn.ditBlock(width, heads, { init: "xavier" }));
  const head = nn.ditHead(width, 16);
  return nn.module(
    { patch, positions, context, label, style, guidance, blocks, head },
    (
      noise: Tensor /* [B, tokens, 16] */,
      labels: Tensor /* [B] */,
      style_: Tensor /* [B, styles] */,
      alpha: Tensor /* [B] */,
    ) => {
      const condition = label(labels)
        .add(style(style_).sum(1))
        .add(guidance(nn.sinusoidal(alpha, 256)).mul(0.02));
      const inContext = context.project(condition).unsqueeze(1).add(context.table);
      const start = concat([inContext, patch(noise).add(positions)], 1);
      const hidden = blocks.reduce((x, block) => block(x, condition), start);
      return head(hidden.slice(1, extra), condition);
    },
  );
}

describe("the paper's generators are built from these blocks", () => {
  test("they have the published numbers of parameters: B 133M, L 463M", () => {
    const millions = (config: Parameters<typeof generator>[0]) =>
      Math.round(nn.countParameters(generator(config)) / 1e6);
    expect(millions({ depth: 12, width: 768, heads: 12 })).toBe(133);
    expect(millions({ depth: 24, width: 1024, heads: 16 })).toBe(463);
  });

  test("a small one runs, starts at exactly zero, and answers noise, label, style and guidance once its head is not zero", async () => {
    const net = generator({ depth: 2, width: 32, heads: 2, tokens: 16, extra: 4, classes: 5, styles: 3, rows: 4 });
    const int = (values: number[], shape: number[]) => constant(values, shape, "int32");
    const program = compile({ noise: [1, 16, 16], other: [1, 16, 16] }, ({ noise, other }) => {
      const at = (n: Tensor, label: number, style: number, alpha: number) =>
        net(n, int([label], [1]), int([style, 4, 8], [1, 3]), constant([alpha]));
      const base = at(noise, 0, 0, 1);
      return {
        base,
        noise: at(other, 0, 0, 1).sub(base).abs().max(),
        label: at(noise, 1, 0, 1).sub(base).abs().max(),
        style: at(noise, 0, 1, 1).sub(base).abs().max(),
        guidance: at(noise, 0, 0, 2).sub(base).abs().max(),
      };
    });
    const random = new Random(0);
    const noise = new Float32Array(256);
    const other = new Float32Array(256);
    random.fillNormal(noise);
    random.fillNormal(other);
    net.parameters.initialize(1);
    const zero = await program.run({ noise, other });
    expect(zero.base.every((v) => v === 0)).toBe(true);
    for (const { parameter } of net.parameters.entries)
      if (parameter.value?.every((v) => v === 0))
        for (let i = 0; i < parameter.size; i++) parameter.value[i] = 0.05 * random.normal();
    const { base, ...changes } = await program.run({ noise, other });
    expect(base.every(Number.isFinite)).toBe(true);
    for (const [name, change] of Object.entries(changes)) expect(change[0], name).toBeGreaterThan(1e-5);
    await program.release();
  });
});
