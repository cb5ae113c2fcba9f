// Random numbers in AssemblyScript: Philox4x32-10 and standard normals of its words, the same bits as src/random/philox.ts
// and src/random/normal.ts have. `npm run build:kernels` compiles them into src/random/wasm.ts.

/** Words of `blocks` blocks from the counter (high, low) on, four a block, to `out`. */
export function words(out: usize, blocks: u32, low: u32, high: u32, s0: u32, s1: u32, k0: u32, k1: u32): void {
  let index = ((<u64>high) << 32) | <u64>low;
  for (const end = out + ((<usize>blocks) << 4); out < end; out += 16) {
    let c0 = <u32>index;
    let c1 = <u32>(index >> 32);
    let c2 = s0;
    let c3 = s1;
    let first = k0;
    let second = k1;
    for (let round = 0; round < 10; round++) {
      const left = 0xd2511f53 * <u64>c0;
      const right = 0xcd9e8d57 * <u64>c2;
      c0 = <u32>(right >> 32) ^ c1 ^ first;
      c1 = <u32>right;
      c2 = <u32>(left >> 32) ^ c3 ^ second;
      c3 = <u32>left;
      first += 0x9e3779b9;
      second += 0xbb67ae85;
    }
    store<u32>(out, c0, 0);
    store<u32>(out, c1, 4);
    store<u32>(out, c2, 8);
    store<u32>(out, c3, 12);
    index++;
  }
}

/** `count` float32 normals of two words each, from `at` on, to `out`. */
export function normals(out: usize, at: usize, count: u32): void {
  for (const end = out + ((<usize>count) << 2); out < end; out += 4) {
    const upper = <f64>load<u32>(at, 0) * 1048576.0;
    const lower = <f64>(load<u32>(at, 4) >>> 12);
    store<f32>(out, <f32>inverseNormal((upper + lower + 0.5) * 2.220446049250313e-16));
    at += 8;
  }
}

/** AS 241, as in src/random/normal.ts. */
function inverseNormal(p: f64): f64 {
  const q = p - 0.5;
  if (abs(q) <= 0.425) return q * centre(0.180625 - q * q);
  const tail = sqrt(-naturalLog(q < 0 ? p : 1 - p));
  const z = tail <= 5 ? nearTail(tail - 1.6) : farTail(tail - 5);
  return q < 0 ? -z : z;
}

// biome-ignore format: eight coefficients, from the highest power
function centre(r: f64): f64 {
  const above =
    ((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) * r +
      13731.69376550946) * r + 1971.5909503065513) * r + 133.14166789178438) * r + 3.3871328727963665;
  const below =
    ((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) * r +
      5394.196021424751) * r + 687.1870074920579) * r + 42.31333070160091) * r + 1;
  return above / below;
}

// biome-ignore format: eight coefficients, from the highest power
function nearTail(r: f64): f64 {
  const above =
    ((((((0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506) * r + 1.2704582524523684) * r +
      3.6478483247632045) * r + 5.769497221460691) * r + 4.630337846156546) * r + 1.4234371107496835;
  const below =
    ((((((1.0507500716444169e-9 * r + 0.0005475938084995345) * r + 0.015198666563616457) * r +
      0.14810397642748008) * r + 0.6897673349851) * r + 1.6763848301838038) * r + 2.053191626637759) * r + 1;
  return above / below;
}

// biome-ignore format: eight coefficients, from the highest power
function farTail(r: f64): f64 {
  const above =
    ((((((2.0103343992922881e-7 * r + 0.000027115555687434876) * r + 0.0012426609473880784) * r +
      0.026532189526576124) * r + 0.29656057182850487) * r + 1.7848265399172913) * r + 5.463784911164114) * r +
    6.657904643501103;
  const below =
    ((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 0.000018463183175100548) * r +
      0.0007868691311456133) * r + 0.014875361290850615) * r + 0.1369298809227358) * r + 0.599832206555888) * r + 1;
  return above / below;
}

/** As in src/random/normal.ts. */
function naturalLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series: f64 = 0;
  for (let k: f64 = 23; k >= 3; k -= 2) series = (series + 1 / k) * square;
  return exponent * 0.6931471803691238 + (2 * s + (2 * s * series + exponent * 1.9082149292705877e-10));
}
