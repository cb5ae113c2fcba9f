import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile } from "../../src/runtime/index.js";
import { ProtoWriter } from "../../src/runtime/protobuf.js";

const hex = (writer: ProtoWriter) => Buffer.from(writer.finish()).toString("hex");

test("the wire format's documented examples", () => {
  expect(hex(new ProtoWriter().int(1, 150))).toBe("089601");
  expect(hex(new ProtoWriter().string(2, "testing"))).toBe("120774657374696e67");
  expect(hex(new ProtoWriter().message(3, (m) => m.int(1, 150)))).toBe("1a03089601");
  expect(hex(new ProtoWriter().int(1, -2))).toBe("08feffffffffffffffff01");
  expect(hex(new ProtoWriter().float(1, 1))).toBe("0d0000803f");
  expect(hex(new ProtoWriter().int(1, 2 ** 40))).toBe("08808080808020");
});

test.each([0, 127, 128, 16_383, 16_384, 3_000_000])(
  "a nested message of %i bytes keeps its content and what surrounds it",
  (size) => {
    const content = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const bytes = new ProtoWriter()
      .int(1, 5)
      .message(2, (outer) => outer.message(3, (inner) => inner.raw(content)).int(4, 6))
      .int(7, 8)
      .finish();
    const varint = (n: number): number[] => (n > 127 ? [(n % 128) + 128, ...varint(Math.floor(n / 128))] : [n]);
    const inner = [0x1a, ...varint(size)];
    const around = [0x08, 5, 0x12, ...varint(inner.length + size + 2)];
    const start = around.length + inner.length;
    expect([...bytes.subarray(0, start)]).toEqual([...around, ...inner]);
    expect(Buffer.compare(bytes.subarray(start, start + size), content)).toBe(0);
    expect([...bytes.subarray(start + size)]).toEqual([0x20, 6, 0x38, 8]);
  },
);

test("an exported model names its parameters by their path and carries its metadata", async () => {
  const net = nn.mlp([3, 4, 2]);
  const program = compile({ x: [5, 3] }, ({ x }) => ({ y: net(x) }), { device: "cpu" });
  const text = Buffer.from(program.toOnnx({ licence: "none" }, net.parameters)).toString("latin1");
  for (const { name } of net.parameters.entries) expect(text).toContain(name);
  expect(text).toContain("licence");
  await program.release();
});

test("a parameter's name that is taken is refused", () => {
  const net = nn.mlp([3, 2]);
  const program = compile({ x: [5, 3] }, ({ x }) => ({ y: net(x) }));
  const entries = net.parameters.entries.map((entry) => ({ ...entry, name: "x" }));
  expect(() => program.toOnnx({}, { entries })).toThrow('"x" names a parameter and an input');
});
