import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile } from "../../src/runtime/index.js";
import { grad, watch } from "../../src/tensor/index.js";

test("check names the first tensor that is not finite, forwards and backwards", async () => {
  const net = nn.mlp([2, 3, 1]);
  net.parameters.initialize(1);
  const program = compile(
    { x: [2, 2], scale: [] },
    ({ x, scale }) => {
      const logits = watch("logits", net(x).square().mul(scale).log());
      const loss = logits.exp().sqrt().sum();
      return { loss, gradients: grad(loss, net.parameters) };
    },
    { check: "finite", device: "cpu" },
  );
  const x = [1, 2, 3, 4];
  expect((await program.run({ x, scale: 1 })).loss[0]).toBeGreaterThan(0);
  await expect(program.run({ x, scale: -1 })).rejects.toThrow(
    'the first tensor of this run that is not finite is Log[2, 1]:float32 "logits", made of Mul[2, 1]:float32.',
  );
  await expect(program.run({ x, scale: 1e38 * 1e3 })).rejects.toThrow(/not finite is the input "scale"\./);
  await expect(program.run({ x: [1, 2, NaN, 4], scale: 1 })).rejects.toThrow(/not finite is the input "x"\./);
  net.layers[1].weight.value![0] = NaN;
  await expect(program.run({ x, scale: 1 })).rejects.toThrow(/not finite is the parameter "layers\.1\.weight"\./);
  await program.release();

  const backward = compile({ x: [2] }, ({ x }) => ({ slope: grad(x.sqrt().sum(), [x])[0] }), { check: "finite" });
  expect([...(await backward.run({ x: [4, 1] })).slope]).toEqual([0.25, 0.5]);
  await expect(backward.run({ x: [4, 0] })).rejects.toThrow(/not finite is (Div|Mul|Reciprocal)\[2\]:float32, made of/);
  await backward.release();
});

test("watched tensors come with each run, of every dtype, and cost nothing where nobody watches", async () => {
  const seen: unknown[] = [];
  const build = ({ x }: Record<"x", import("../../src/tensor/index.js").Tensor>) => {
    const doubled = watch("doubled", x.mul(2));
    return { y: watch("where", doubled.greater(3)).cast("float32").add(doubled) };
  };
  const program = compile({ x: [1, 2] }, build, {
    watch: (name, values, shape) => seen.push([name, [...values], shape]),
  });
  expect([...(await program.run({ x: [1, 2] })).y]).toEqual([2, 5]);
  expect(seen).toEqual([
    ["doubled", [2, 4], [1, 2]],
    ["where", [0, 1], [1, 2]],
  ]);
  const plain = compile({ x: [1, 2] }, ({ x }) => ({ y: x.mul(2).greater(3).cast("float32").add(x.mul(2)) }));
  const unwatched = compile({ x: [1, 2] }, build);
  expect(unwatched.toOnnx().length).toBeLessThanOrEqual(plain.toOnnx().length);
  expect(program.toOnnx()).toEqual(unwatched.toOnnx());
  for (const p of [program, plain, unwatched]) await p.release();
});

test("wrong settings are refused", () => {
  const build = () => compile({ x: [1] }, ({ x }) => ({ x }), { check: "all" as never });
  expect(build).toThrow('compile: check can be "finite", got the string "all".');
  expect(() => compile({ x: [1] }, ({ x }) => ({ x }), { watch: true as never })).toThrow(
    /watch is a function of name/,
  );
});
