/** Coefficients of Wichura's rational approximations in ascending powers: numerator, denominator. */
const CENTRE = rational(
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
);
const NEAR_TAIL = rational(
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
);
const FAR_TAIL = rational(
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
);

/**
 * Inverse of the standard normal distribution function: p in (0, 1) ↦ z with Φ(z) = p, relative error about 1e-16
 * (Wichura, algorithm AS 241 PPND16, 1988). Uses + − × ÷ and √ only, which IEEE 754 rounds alike everywhere.
 */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * CENTRE(0.180625 - q * q);
  const tail = Math.sqrt(-naturalLog(q < 0 ? p : 1 - p));
  const z = tail <= 5 ? NEAR_TAIL(tail - 1.6) : FAR_TAIL(tail - 5);
  return q < 0 ? -z : z;
}

function rational([a0, a1, a2, a3, a4, a5, a6, a7]: number[], [b0, b1, b2, b3, b4, b5, b6, b7]: number[]) {
  return (r: number): number =>
    (((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0) /
    (((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + b0);
}

const bits = new DataView(new ArrayBuffer(8));
/** ln 2 in two parts: the upper has so few bits that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * ln x for a positive, normal float64, to about one unit in the last place. `Math.log` may differ between engines; this
 * may not: x = m·2^e with m in [√½, √2), and ln m = 2·atanh((m − 1)/(m + 1)) by its power series.
 */
export function naturalLog(x: number): number {
  bits.setFloat64(0, x);
  const head = bits.getUint32(0);
  let exponent = (head >>> 20) - 1023;
  bits.setUint32(0, (head & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series = 0;
  for (let k = 23; k >= 3; k -= 2) series = (series + 1 / k) * square;
  return exponent * LN2_HIGH + (2 * s + (2 * s * series + exponent * LN2_LOW));
}
