import { describe, expect, test } from "vitest";
import { compile, lower, Parameters } from "../../src/runtime/index.js";
import {
  attention,
  checkpoint,
  concat,
  constant,
  defineOp,
  einsum,
  grad,
  input,
  jvp,
  Parameter,
  scan,
  stack,
  straightThrough,
  type Tensor,
  topologicalOrder,
  watch,
  where,
} from "../../src/tensor/index.js";

const x = (...shape: number[]) => input("x", shape);
const i32 = (...shape: number[]) => input("i", shape, "int32");
const opsOf = (...outputs: Tensor[]) => topologicalOrder(outputs).map((t) => t.op.name);
const expectNumbers = (got: Float32Array, expected: number[]) =>
  expect([...got]).toEqual(expected.map((v) => expect.closeTo(v, 4)));
const asText = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

describe("errors name the op and the shapes", () => {
  const cases: [string, () => unknown, RegExp][] = [
    ["shapes that do not broadcast", () => x(2, 3).add(x(4)), /^Add\(\[2, 3\], \[4\]\): .*do not broadcast/],
    ["mixed dtypes", () => x(3).mul(i32(3)), /^Mul\(.*float32 and int32; cast/],
    ["comparison of mixed dtypes", () => x(3).less(i32(3)), /^Less\(.*float32 and int32/],
    ["and of floats", () => x(3).and(x(3)), /^And\(.*bool/],
    ["not of floats", () => x(3).not(), /^Not\(.*bool/],
    ["where without a condition", () => where(x(3), x(3), x(3)), /^Where\(.*must be bool, not float32/],
    ["inner sizes", () => x(2, 3).matmul(x(4, 5)), /^MatMul\(\[2, 3\], \[4, 5\]\): inner sizes differ/],
    ["reshape", () => x(2, 3).reshape([4]), /^Reshape\(\[2, 3\]\): 6 elements cannot take the shape \[4\]/],
    ["transpose", () => x(2, 3).transpose([0, 0]), /^Transpose\(\[2, 3\]\): \[0, 0\] is no permutation/],
    ["slice past the end", () => x(2, 3).slice(1, 0, 5), /^Slice\(\[2, 3\]\): axis 1 of size 3 has no slice \[0, 5\)/],
    ["negative padding", () => x(3).pad([-1], [0]), /^Pad\(\[3\]\): .*must not be negative/],
    ["too much reflection", () => x(3).padReflect(0, 3, 0), /padReflect: .*3 entries of axis 0/],
    ["split", () => x(2, 3).split(2), /split: .*size 3 has no 2 equal parts/],
    ["concat", () => concat([x(2, 3), x(3, 3)], 1), /^Concat\(\[2, 3\], \[3, 3\]\)/],
    ["an axis out of range", () => x(2, 3).sum(2), /Axis 2 is out of range for a tensor of rank 2/],
    ["a repeated axis", () => x(2, 3).sum([0, -2]), /repeat an axis/],
    ["clamp", () => x(3).clamp(2, 1), /^Clamp\(\[3\]\): .*low <= high/],
    ["float indices", () => x(5, 2).gather(x(3)), /^Gather\(.*must be int32, not float32/],
    ["gatherElements", () => x(2, 3).gatherElements(i32(3, 1)), /^GatherElements\(\[2, 3\], \[3, 1\]\)/],
    ["topK", () => x(2, 3).topK(4), /^TopKIndices\(\[2, 3\]\): k must be an integer from 1 to 3, got 4/],
    ["conv channels", () => x(1, 3, 8, 8).conv2d(x(4, 2, 3, 3)), /^Conv\(\[1, 3, 8, 8\], \[4, 2, 3, 3\]\)/],
    ["conv kernel larger than the image", () => x(1, 3, 2, 2).conv2d(x(4, 3, 5, 5)), /^Conv: .*not a valid shape/],
    ["conv bias", () => x(1, 3, 8, 8).conv2d(x(4, 3, 3, 3), { bias: x(3) }), /^Conv\(.*bias must be \[4\], got \[3\]/],
    ["transposed conv channels", () => x(1, 3, 8, 8).convTranspose2d(x(4, 2, 3, 3)), /^ConvTranspose\(/],
    ["pool", () => x(3, 8, 8).avgPool2d(2), /^AvgPool\(\[3, 8, 8\]\): needs \[N, C, H, W\]/],
    ["resize", () => x(1, 3, 8, 8).resize([0, 4]), /resize: .*positive integers, got \[1, 3, 8, 8\] and \[0, 4\]/],
    ["depthToSpace", () => x(1, 3, 8, 8).depthToSpace(2), /depthToSpace: \[1, 3, 8, 8\]/],
    [
      "layerNorm",
      () => x(2, 8).layerNorm({ scale: x(4) }),
      /^LayerNorm\(\[2, 8\], \[4\]\): scale and bias must be \[8\]/,
    ],
    ["groupNorm", () => x(2, 6, 4).groupNorm(4), /groupNorm: \[2, 6, 4\] needs .* multiple of 4 groups/],
    ["cdist", () => x(4, 3).cdist(x(4, 2)), /cdist: .*\[4, 3\] and \[4, 2\]/],
    ["attention", () => attention(x(4, 3), x(5, 3), x(4, 3)), /attention: .*\[4, 3\], \[5, 3\], \[4, 3\]/],
    ["rotary", () => x(4, 3).rotary(), /rotary: \[4, 3\] needs .*D even/],
    ["rotary positions", () => x(4, 2).rotary({ positions: [1, 2] }), /rotary: 2 positions for 4 rows/],
    ["constant", () => constant([1, 2, 3], [2]), /constant: 3 values do not fill \[2\]/],
    ["a nested constant", () => constant([[1], [2]] as never), /value 0 is a list of 1, not a number; give one flat/],
    ["a constant of a string", () => constant("12" as never), /flat list of numbers, got the string "12"/],
    ["a fraction as int32", () => constant([1.5], [1], "int32"), /value 0 is 1.5, not a whole number/],
    ["an int32 and a fraction", () => i32(3).add(0.5), /value 0 is 0.5, not a whole number/],
    ["a two as bool", () => constant([0, 2], [2], "bool"), /value 1 is 2; a bool is/],
    [
      "a dtype",
      () => input("x", [2], "float64" as never),
      /Input: the string "float64" is no dtype; choose one of float32/,
    ],
    ["a cast", () => x(2).cast("f32" as never), /Cast: the string "f32" is no dtype/],
    ["a number as a shape", () => input("x", 3 as never), /Input: a shape is a list of whole numbers.*the number 3/],
    ["a shape in several arguments", () => (x(6).reshape as any)(2, 3), /reshape: a shape is a list.*the number 2/],
    ["an order in several arguments", () => (x(2, 3).transpose as any)(1, 0), /transpose: a shape is a list/],
    ["two entries left open", () => x(6).reshape([-1, -1]), /reshape: 6 elements \[6\] do not fill \[-1, -1\]/],
    ["a swap of one axis", () => x(6).T, /transpose: \[6\] has no two axes to swap/],
    ["a fractional slice", () => x(6).slice(0, 0.5), /^Slice\(\[6\]\): axis 0 of size 6 has no slice \[0.5, 6\)/],
    ["an operand that is none", () => x(2).add(undefined as never), /add: an operand must be a tensor, got undefined/],
    ["a list as an operand", () => x(2).mul([1, 2] as never), /mul: an operand must be a tensor, got a list of 2/],
    ["a string as an operand", () => x(2).greater("1" as never), /Greater: .* got the string "1"/],
    [
      "a factor that is none",
      () => x(2, 2).matmul(3 as never),
      /matmul: the other factor must be a tensor, got the number 3/,
    ],
    [
      "a network as a factor",
      () => x(2, 2).conv2d((() => 0) as never),
      /^Conv: input 1 must be a tensor, got a function/,
    ],
    ["no list", () => concat(x(2) as never), /concat takes a list of at least one tensor, got an object \(Tensor\)/],
    ["an empty list", () => stack([]), /stack takes a list of at least one tensor, got a list of 0/],
    ["einsum terms", () => einsum("ij,jk", x(2, 3)), /einsum\("ij,jk", \[2, 3\]\): 2 terms for 1 operands/],
    ["einsum sizes", () => einsum("ij,jk->ik", x(2, 3), x(4, 2)), /the axis "j" is 3 and 4 long/],
    ["einsum axes", () => einsum("ijk->i", x(2, 3)), /"ijk" does not name the axes of operand 0/],
    ["einsum result", () => einsum("ij->ik", x(2, 3)), /the result names "k" twice, or no operand has it/],
    ["einsum letters", () => einsum("i1->i", x(2, 3)), /"i1" is not made of letters/],
    ["tile", () => x(2, 3).tile([2]), /tile: \[2, 3\] needs 2 whole numbers ≥ 1, got 2/],
    ["norm", () => x(3).norm(0, false, 3 as never), /norm: the order is 1, 2 or Infinity, got 3/],
    ["dropout rate", () => x(3).dropout(1, x(3)), /dropout: the rate must be in \[0, 1\), got 1/],
    ["dropout noise", () => x(3).dropout(0.5, x(2, 3)), /dropout: noise \[2, 3\] does not broadcast to \[3\]/],
    ["jvp lists", () => jvp((a) => a, [x(2)], []), /jvp: needs two lists of one length/],
    ["jvp tangent", () => jvp((a) => a, [x(2)], [x(3)]), /jvp: tangent 0 is \[3\], its primal \[2\]/],
    [
      "jvp of integers",
      () => jvp((a) => a.cast("float32"), [i32(2)], [1]),
      /jvp: primal 0 is Input\[2\]:int32; only float32/,
    ],
    ["jvp result", () => jvp((() => 1) as never, [x(2)], [1]), /jvp: what the function returns must be a tensor/],
    ["checkpoint", () => checkpoint(((a: Tensor) => [a]) as never, x(2)), /returns must be a tensor, got a list of 1/],
    [
      "scan steps",
      () => scan((c, k) => [c, constant(k)], 0, 0),
      /scan: takes .* a number of steps ≥ 1, got the number 0/,
    ],
    [
      "scan results",
      () => scan((c: Tensor) => c as never, x(2), 3),
      /the step must return \[carry, output\], got an object/,
    ],
    ["scan shapes", () => scan((c: Tensor) => [c.sum(), c], x(2), 3), /scan: step 0 turns a carry \[2\] into \[\]/],
    ["watch", () => watch(x(2) as never, "h" as never), /watch: takes a name and a tensor, got an object/],
  ];
  test.each(cases)("%s", (_, build, message) => expect(build).toThrow(message));

  test("JavaScript's operators name the method to use instead", () => {
    const a = x(3) as any;
    expect(() => (a > 0 ? 1 : 2)).toThrow(/Input\[3\]:float32 holds no numbers .* where\(a\.greater\(b\), c, d\) for/);
    for (const use of [() => a * 2, () => a / 2, () => a - 1, () => -a, () => a ** 2, () => Math.exp(a), () => a < 1])
      expect(use).toThrow(/a\.mul\(b\)/);
    expect(() => a + 1).toThrow(/a\.add\(b\) for a \+ b/);
    // biome-ignore lint/suspicious/noDoubleEquals: what is refused
    expect(() => a == 1).toThrow(/a\.equal\(b\) for a == b/);
    expect(`${a}`).toBe("Input[3]:float32");
    expect(Boolean(a)).toBe(true); // what no object can refuse
  });
});

describe("grad", () => {
  test("needs a scalar or a seed", () => {
    const a = x(2, 3);
    expect(() => grad(a.square(), [a])).toThrow(/scalar loss, got \[2, 3\]/);
    expect(grad(a.square(), [a], a)[0].shape).toEqual([2, 3]);
  });

  test("gives zeros for what the loss does not depend on", async () => {
    const program = compile({ a: [2], b: [3] }, ({ a, b }) => ({ all: grad(a.square().sum(), [b, a]) }));
    expect([...(await program.run({ a: [1, 2], b: [5, 5, 5] })).all]).toEqual([0, 0, 0, 2, 4]);
    await program.release();
  });

  test("names parameters that no gradient reaches, or gives zeros where that is asked for", () => {
    const [used, unused, stopped] = [1, 2, 3].map((n) => new Parameter([n], () => {}));
    const loss = used.sum().add(stopped.stopGradient().sum());
    const network = new Parameters([used, unused, stopped].map((p, i) => [`layers.${i}`, p] as const));
    expect(() => grad(loss, network, { unused: "error" })).toThrow(
      'grad: no gradient reaches 2 of 3 parameters: "layers.1" [2], "layers.2" [3]. The loss does not use them',
    );
    const nameless = new Parameter([4], () => {});
    expect(() => grad(loss, [unused])).toThrow(/1 of 1 parameters: "layers.1"/); // none is reached
    expect(grad(loss, [used, unused])).toHaveLength(2);
    expect(() => grad(loss, [used, nameless], { unused: "error" })).toThrow(/1 of 2 parameters: number 1 \[4\]\./);
    expect(grad(loss, network, { unused: "zeros" }).map(({ shape }) => shape)).toEqual([[1], [2], [3]]);
    expect(grad(loss, [used])).toHaveLength(1);
    expect(grad(loss, [used, unused].values(), { unused: "zeros" })).toHaveLength(2); // a generator is read once
    expect(() => grad(loss, [used], { unused: "zero" as never })).toThrow(
      /unused is "error" or "zeros", got the string/,
    );
  });

  test("refuses what is no list of tensors and what has no gradient", () => {
    const a = x(2);
    expect(() => grad(a.sum(), a as never)).toThrow(/list of tensors, such as \[x\], .* got one tensor/);
    expect(() => grad(a.sum(), (() => a) as never)).toThrow(/got a function/);
    expect(() => grad(a.sum(), ["w"] as never)).toThrow(/every target must be a tensor, got the string "w"/);
    expect(() => grad(undefined as never, [a])).toThrow(/grad: the loss must be a tensor, got undefined/);
    expect(() => grad(a.argmax(), [a])).toThrow(/Cast\[\]|ArgMax\[\]:int32 has no gradient/);
  });

  test("sums over every use of a target, also where the target is the loss", async () => {
    const program = compile({ a: [] }, ({ a }) => {
      const b = a.mul(3);
      return { d: grad(b.add(a.square()).add(b), [a])[0], same: grad(a, [a])[0] };
    });
    expect(await program.run({ a: 5 })).toEqual({ d: Float32Array.of(16), same: Float32Array.of(1) });
    await program.release();
  });

  test("stops at stopGradient and follows the surrogate of straightThrough", async () => {
    const program = compile({ a: [2] }, ({ a }) => {
      const rounded = straightThrough(a.round(), a.mul(3));
      return { rounded, stopped: grad(a.stopGradient().mul(a).sum(), [a])[0], through: grad(rounded.sum(), [a])[0] };
    });
    const { rounded, stopped, through } = await program.run({ a: [1.4, 2.6] });
    expect([...rounded]).toEqual([1, 3]);
    expect(stopped).toEqual(Float32Array.of(1.4, 2.6));
    expect([...through]).toEqual([3, 3]);
    await program.release();
  });

  test("differentiates twice", async () => {
    const program = compile({ a: [3] }, ({ a }) => {
      const [first] = grad(a.pow(3).sum(), [a]);
      return { second: grad(first.sum(), [a])[0] };
    });
    const { second } = await program.run({ a: [1, 2, -3] });
    expectNumbers(second, [6, 12, -18]);
    await program.release();
  });

  test("says which op has no gradient", () => {
    const opaque = defineOp("Opaque (test)", { shape: ([a]) => a.shape, onnx: (_, [a]) => a });
    const a = x(2);
    expect(() => grad(opaque([a], undefined).sum(), [a])).toThrow(/Opaque \(test\) has no gradient; put stopGradient/);
    expect(() => defineOp("Opaque (test)", { shape: ([t]) => t.shape, onnx: (_, [t]) => t })).toThrow(/defined twice/);
  });
});

describe("graphs stay small", () => {
  test("what nothing depends on is not lowered", () => {
    const a = x(4);
    a.softplus();
    const [d] = grad(a.gelu().sum(), [a]);
    const text = asText(lower([a], [{ name: "d", tensor: d }]).bytes);
    expect(text).toContain("Erf");
    expect(text).not.toContain("Softplus");
    expect(text).not.toContain("Gelu");
  });

  test("equal constants are stored once", () => {
    const a = x(4);
    const marker = 1234.5;
    const { bytes } = lower([a], [{ name: "y", tensor: a.add(marker).mul(marker).sub(marker) }]);
    const pattern = asText(new Uint8Array(Float32Array.of(marker).buffer));
    expect(asText(bytes).split(pattern)).toHaveLength(2);
  });

  test("adding zero and multiplying by one leave no node", () => {
    const a = x(2, 3);
    expect(a.add(0).mul(1).div(1).sub(0)).toBe(a);
    expect(constant(0).add(a)).toBe(a);
    expect(x().mul(constant([1], [1])).shape).toEqual([1]);
  });

  test("permutations of permutations are one", async () => {
    const a = x(2, 3, 4);
    expect(a.T.T).toBe(a);
    expect(a.transpose([2, 0, 1]).transpose([1, 2, 0])).toBe(a);
    const twice = a.transpose([2, 0, 1]).transpose([2, 1, 0]);
    expect([twice.shape, twice.inputs]).toEqual([[3, 2, 4], [a]]);
    const [d] = grad(x(3, 4).matmul(a.T).sum(), [a]);
    expect(opsOf(d).filter((op) => op === "Transpose")).toHaveLength(1);
  });

  test("arithmetic broadcasts by itself", () => {
    const [a, b] = [x(2, 3), x(3)];
    expect(opsOf(a.add(b.broadcastTo([2, 3])))).not.toContain("BroadcastTo");
    expect(b.broadcastTo([2, 3]).mul(x(1, 3)).shape).toEqual([2, 3]);
    expect(b.broadcastTo([2, 3]).mul(b.broadcastTo([2, 3])).shape).toEqual([2, 3]);
  });

  test("the gradient of a split is one concatenation", async () => {
    const parts = (t: Tensor) => t.split(3);
    const build = (a: Tensor) => {
      const [p, q, r] = parts(a);
      return grad(p.mul(2).add(q.square()).add(r.exp()).sum(), [a])[0];
    };
    expect(opsOf(build(x(2, 6))).filter((op) => op === "Pad" || op === "Concat")).not.toContain("Pad");
    const program = compile({ a: [1, 6] }, ({ a }) => ({ d: build(a) }));
    const { d } = await program.run({ a: [0, 1, 2, 3, 0, 1] });
    expectNumbers(d, [2, 2, 4, 6, 1, Math.E]);
    await program.release();
  });
});

test("rows without variance stay finite, forwards and backwards, even far from zero", async () => {
  const program = compile({ a: [2, 64] }, ({ a }) => {
    const outputs = [a.layerNorm(), a.rmsNorm(), a.reshape([1, 2, 64]).groupNorm(2)];
    return { values: outputs, gradients: outputs.map((y) => grad(y.sumSquare(), [a])[0]) };
  });
  const { values, gradients } = await program.run({
    a: Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 0 : 1000.1)),
  });
  expect([...values, ...gradients].every(Number.isFinite)).toBe(true);
  await program.release();
});

test("cdist of equal points is ε's root with no gradient", async () => {
  const program = compile({ a: [2, 2] }, ({ a }) => {
    const d = a.cdist(a, 1e-8);
    return { d, slope: grad(d.sum(), [a])[0] };
  });
  const { d, slope } = await program.run({ a: [1, 2, 1, 2] });
  for (const v of d) expect(v).toBeCloseTo(1e-4, 8);
  expect([...slope]).toEqual([0, 0, 0, 0]);
  await program.release();
});

test("a row that may attend to nothing attends to everything", async () => {
  const program = compile({ v: [2, 1], m: { shape: [2, 2], dtype: "bool" } }, ({ v, m }) => ({
    out: attention(v, v, v, { mask: m }),
  }));
  const { out } = await program.run({ v: [1, 3], m: [0, 0, 1, 0] });
  expectNumbers(out, [2, 1]);
  await program.release();
});

describe("reductions", () => {
  const methods = {
    sum: (list: number[]) => list.reduce((a, b) => a + b, 0),
    mean: (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length,
    sumSquare: (list: number[]) => list.reduce((a, b) => a + b * b, 0),
    max: (list: number[]) => Math.max(...list),
    min: (list: number[]) => Math.min(...list),
  };
  const shape = [2, 3, 4, 5];
  const values = Float32Array.from({ length: 120 }, (_, i) => Math.sin(7 * i));
  const some = [[], [0], [3], [0, 2], [0, 3], [1, 3], [0, 2, 3], [0, 1, 3], [1, 2], [0, 1, 2, 3]];

  test.each(Object.keys(methods) as (keyof typeof methods)[])("%s over any axes", async (name) => {
    await using program = compile({ x: shape }, ({ x }) =>
      Object.fromEntries(some.map((axes) => [String(axes), x[name](axes)])),
    );
    const got = await program.run({ x: values });
    for (const axes of some) {
      const groups = new Map<string, number[]>();
      values.forEach((v, i) => {
        const at = [60, 20, 5, 1].map((step, axis) => Math.floor(i / step) % shape[axis]);
        const key = String(at.filter((_, axis) => !axes.includes(axis)));
        groups.set(key, [...(groups.get(key) ?? []), v]);
      });
      // no axis is none to reduce; a square is one all the same
      const expected = axes.length > 0 ? [...groups.values()].map(methods[name]) : [...values];
      expectNumbers(got[String(axes)], expected);
    }
  });

  test("of axes that are not neighbours the last are reduced first", () => {
    const reductions = (axes: number[]) => {
      const given = x(...shape);
      const { bytes } = lower([given], [{ name: "y", tensor: given.sum(axes) }]);
      return asText(bytes).split("ReduceSum").length - 1;
    };
    expect(
      [
        [0, 2, 3],
        [0, 3],
        [2, 3],
        [0, 1],
        [0, 2],
        [0, 1, 2, 3],
      ].map(reductions),
    ).toEqual([2, 2, 1, 1, 1, 1]);
  });

  test("of nothing", async () => {
    await using program = compile({ x: [2, 0, 3] }, ({ x }) => ({
      sum: x.sum([0, 2]),
      squares: x.sumSquare([1, 2]),
      all: x.sum(),
    }));
    const got = await program.run({ x: [] });
    expect([[...got.sum], [...got.squares], [...got.all]]).toEqual([[], [0, 0], [0]]);
  });
});

test("slopes of silu and gelu hold far from zero", async () => {
  const at = [-200, -30, -9, -1, -0.1, 0, 0.1, 1, 9, 30, 200];
  await using program = compile({ x: [at.length] }, ({ x }) => ({
    silu: grad(x.silu().sum(), [x])[0],
    gelu: grad(x.gelu().sum(), [x])[0],
  }));
  const { silu, gelu } = await program.run({ x: at });
  expectNumbers(silu, [0, 0, -0.00098706, 0.07232949, 0.45008299, 0.5, 0.54991701, 0.92767051, 1.00098706, 1, 1]);
  expectNumbers(gelu, [0, 0, 0, -0.08331547, 0.42047782, 0.5, 0.57952218, 1.08331547, 1, 1, 1]);
});
