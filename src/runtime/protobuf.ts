const encoder = new TextEncoder();

/** Writes protocol buffer messages: just the wire format, for the ONNX schema. Nested messages are written in place. */
export class ProtoWriter {
  private buffer = new Uint8Array(1024);
  private length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
  /** Appends bytes that are already encoded fields. */
  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }
  private varint(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === "number" && value >= 0 && Number.isSafeInteger(value)) {
      let rest = value;
      while (rest > 127) {
        this.buffer[this.length++] = (rest % 128) + 128;
        rest = Math.floor(rest / 128);
      }
      this.buffer[this.length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.buffer[this.length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
  }
  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  int(field: number, value: number | bigint): this {
    this.tag(field, 0);
    this.varint(value);
    return this;
  }
  float(field: number, value: number): this {
    this.tag(field, 5);
    return this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }
  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.varint(value.length);
    return this.raw(value);
  }
  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }
  /** A nested message; one byte is kept free for its length and the content moved where the length takes more. */
  message(field: number, write: (inner: ProtoWriter) => void): this {
    this.tag(field, 2);
    const start = this.length + 1;
    this.reserve(1);
    this.length = start;
    write(this);
    const size = this.length - start;
    let more = 0;
    for (let rest = size; rest > 127; rest = Math.floor(rest / 128)) more++;
    this.reserve(more + 10);
    if (more > 0) this.buffer.copyWithin(start + more, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length += size;
    return this;
  }
  /** What has been written, as a view. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}
