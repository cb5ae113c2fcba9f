import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSoundFile, readSounds } from "../../src/io/sound-read.js";
import { encodeWav, writeWav } from "../../src/io/sound-write.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sounds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fixture = (name: string) => join(import.meta.dirname, "fixtures", name);
const wave = (hertz: number, seconds = 0.5, rate = 16000, level = 0.5) =>
  Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, i) => level * Math.sin((2 * Math.PI * hertz * i) / rate),
  );
const put = async (name: string, bytes: Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
const farthest = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
};

/** A WAV file by hand: format, bits, and one number after the other, channels beside each other. */
function wav(
  values: readonly number[],
  { format = 1, bits = 16, channels = 1, rate = 16000, extended = false, told = -1, rf64 = false } = {},
): Uint8Array {
  const data = Buffer.alloc((values.length * bits) / 8);
  values.forEach((value, i) => {
    const at = (i * bits) / 8;
    if (format === 3) bits === 32 ? data.writeFloatLE(value, at) : data.writeDoubleLE(value, at);
    else if (bits === 8) data.writeUInt8(Math.round(value * 127) + 128, at);
    else data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), at, bits / 8);
  });
  const fmt = Buffer.alloc(extended ? 40 : 16);
  fmt.writeUInt16LE(extended ? 0xfffe : format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt16LE((channels * bits) / 8, 12);
  fmt.writeUInt16LE(bits, 14);
  if (extended) fmt.writeUInt16LE(format, 24);
  const chunk = (id: string, content: Buffer, size = content.length) => {
    const head = Buffer.alloc(8);
    head.write(id, "latin1");
    head.writeUInt32LE(size, 4);
    return Buffer.concat([head, content]);
  };
  const ds64 = Buffer.alloc(28);
  ds64.writeBigUInt64LE(BigInt(data.length), 8);
  return Buffer.concat([
    Buffer.from(`${rf64 ? "RF64" : "RIFF"}....WAVE`, "latin1"),
    ...(rf64 ? [chunk("ds64", ds64)] : []),
    chunk("LIST", Buffer.from("odd"), 3),
    Buffer.alloc(1), // a part of odd length is followed by a byte of nothing
    chunk("fmt ", fmt),
    chunk("data", data, rf64 ? 0xffffffff : told >= 0 ? told : data.length),
  ]);
}

describe("WAV", () => {
  test.each([
    { format: 1, bits: 8, error: 1e-2 },
    { format: 1, bits: 16, error: 1e-4 },
    { format: 1, bits: 24, error: 1e-6 },
    { format: 1, bits: 32, error: 1e-6 },
    { format: 3, bits: 32, error: 1e-7 },
    { format: 3, bits: 64, error: 1e-7 },
    { format: 1, bits: 16, extended: true, error: 1e-4 },
    { format: 3, bits: 32, extended: true, error: 1e-7 },
    { format: 1, bits: 16, rf64: true, error: 1e-4 },
  ])("$bits bits of format $format", async ({ error, ...coding }) => {
    const sound = wave(300);
    const { rate, channels, notes } = await readSoundFile(await put("a.wav", wav([...sound], coding)));
    expect([rate, channels.length, notes]).toEqual([16000, 1, []]);
    expect(farthest(channels[0], sound)).toBeLessThan(error);
  });

  test("three channels stay apart, over more than one block", async () => {
    const channels = [200, 300, 400].map((hertz) => wave(hertz, 2.5));
    const values = [...channels[0]].flatMap((_, i) => channels.map((channel) => channel[i]));
    const found = await readSoundFile(await put("a.wav", wav(values, { channels: 3, format: 3, bits: 32 })));
    channels.forEach((channel, i) => {
      expect(farthest(found.channels[i], channel)).toBeLessThan(1e-7);
    });
  });

  test("what is written is read back; what 16 bits cannot hold is refused", async () => {
    const path = join(folder, "written.wav");
    await writeWav(path, [wave(200), wave(300)]);
    const { sounds, notes } = await readSounds([path]);
    expect(notes).toEqual([]);
    expect(Math.max(farthest(sounds[0], wave(200)), farthest(sounds[1], wave(300)))).toBeLessThan(2e-5);
    expect(() => encodeWav([Float32Array.of(0, 1.5)])).toThrow("Sample 1 of channel 1 is 1.5");
    expect(() => encodeWav([Float32Array.of(Number.NaN)])).toThrow("sample 0 is NaN");
    expect(() => encodeWav([wave(1), wave(1, 1)])).toThrow("8000,16000");
    expect(() => encodeWav([])).toThrow("at least 1");
  });

  test("an interrupted or piped recording is read as far as it goes, and that is said", async () => {
    const whole = wav([...wave(300)]);
    const cut = await readSoundFile(await put("cut.wav", whole.subarray(0, -1001)));
    expect(cut.channels[0].length).toBe(7499);
    expect(cut.notes.join()).toMatch(/ends early: 14999 of 16000 bytes.*within a sample; its last 1 bytes/);
    const piped = await readSoundFile(await put("piped.wav", wav([...wave(300)], { told: 0xffffffff })));
    expect(piped.channels[0].length).toBe(8000);
    expect(piped.notes.join()).toContain("does not say how long it is");
  });
});

describe.each(["tone.flac", "tone.mp3"])("%s", (name) => {
  test("both channels, at their own pitch, resampled to 16 kHz", async () => {
    const { sounds, notes } = await readSounds([fixture(name)]);
    expect(notes).toEqual([]);
    [440, 660].forEach((hertz, i) => {
      expect(sounds[i].length).toBe(8000);
      const expected = wave(hertz).subarray(500, 7500);
      const found = sounds[i].subarray(500, 7500);
      expect(correlation(found, expected)).toBeGreaterThan(name.endsWith("mp3") ? 0.99 : 0.99999);
    });
  });

  test("cut off, it is refused", async () => {
    const bytes = await readFile(fixture(name));
    await expect(readSoundFile(await put(`cut-${name}`, bytes.subarray(0, bytes.length / 3)))).rejects.toThrow(
      "is damaged or cut off",
    );
  });
});

const correlation = (a: Float32Array, b: Float32Array) => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

test("an MP3 of one channel has one, also behind a tag", async () => {
  const bytes = await readFile(fixture("mono.mp3"));
  const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0x27, 0x08]), Buffer.alloc(5000)]);
  for (const file of [bytes, Buffer.concat([tag, bytes])]) {
    const { channels } = await readSoundFile(await put("mono.mp3", file));
    expect(channels.length).toBe(1);
    expect(correlation(channels[0].subarray(500, 7500), wave(440).subarray(500, 7500))).toBeGreaterThan(0.99);
  }
});

describe("two people", () => {
  const pair = async (a: Uint8Array, b: Uint8Array) => readSounds([await put("a.wav", a), await put("b.wav", b)]);

  test("in a file each, of any rate; silence follows the shorter one, and that is said", async () => {
    const { sounds, notes } = await pair(
      wav([...wave(300, 1, 48000)], { rate: 48000, format: 3, bits: 32 }),
      wav([...wave(300, 0.5, 8000)], { rate: 8000, format: 3, bits: 32 }),
    );
    expect(farthest(sounds[0].subarray(100, 15900), wave(300, 1).subarray(100, 15900))).toBeLessThan(1e-4);
    expect(farthest(sounds[1].subarray(100, 7900), wave(300, 1).subarray(100, 7900))).toBeLessThan(1e-4);
    expect(Math.max(...sounds[1].subarray(8200))).toBe(0);
    expect(notes).toEqual([
      expect.stringContaining("b.wav has 8000 samples a second: nothing above 4 kHz"),
      expect.stringMatching(/b\.wav \(person B\) has 0\.50 s, the other file 1\.00 s; silence follows its end/),
    ]);
  });

  test("silence, clipping and channels that are the same are said", async () => {
    const loud = wave(300, 1, 16000, 2).map((x) => Math.max(-1, Math.min(1, x)));
    const stereo = (a: Float32Array, b: Float32Array) =>
      wav(
        [...a].flatMap((x, i) => [x, b[i]]),
        { channels: 2 },
      );
    const read = async (bytes: Uint8Array) => (await readSounds([await put("s.wav", bytes)])).notes.join(" ");
    expect(await read(stereo(loud, new Float32Array(16000)))).toMatch(
      /The left channel of .*s\.wav is clipped.*The right channel of .*s\.wav is silent/,
    );
    expect(await read(stereo(wave(300), wave(300)))).toContain("are the same: the two voices are not apart");
    expect((await pair(stereo(wave(300), wave(300)), stereo(wave(300), wave(300)))).notes.join(" ")).toContain(
      "sound the same",
    );
  });

  test("a sample that is no number is named", async () => {
    const values = [...wave(300)];
    values[4000] = Number.NaN;
    await expect(pair(wav([...wave(3)]), wav(values, { format: 3, bits: 32 }))).rejects.toThrow(
      /b\.wav is broken at 0\.250 s: sample 4000 is NaN/,
    );
  });

  test("one file of one channel, or three files, are wrong use", async () => {
    const path = await put("mono.wav", wav([...wave(300)]));
    await expect(readSounds([path])).rejects.toMatchObject({
      wrongUse: true,
      message: expect.stringContaining("one channel"),
    });
    await expect(readSounds([path, path, path])).rejects.toMatchObject({ wrongUse: true });
  });
});

describe("bad files are refused in a sentence", () => {
  const whole = wav([...wave(300)]);
  test.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(0), "is empty; it must be a WAV, FLAC or MP3 file"],
    ["short", new Uint8Array(5), "has only 5 bytes"],
    ["text", Buffer.from("not a sound at all, but a text"), "no sound file that is known here"],
    ["ogg", Buffer.from("OggS............"), "an Ogg file"],
    ["header", whole.subarray(0, 40), "ends within its header"],
    ["no samples", wav([]), "has no samples"],
    ["A-law", wav([0], { format: 6, bits: 8 }), "holds A-law of 8 bits"],
    ["no channels", wav([0], { channels: 0 }), "is damaged: 0 channels"],
    ["rate", wav([0, 0], { rate: 100 }), "100 samples a second; 4000…384000 can be read"],
    ["flac header", Buffer.from("fLaC............"), "ends within its header"],
    ["tag only", Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 9, 9, 0, 0]), "is only a tag"],
    ["no frame", Buffer.concat([Buffer.from([0xff, 0xfb, 0xff, 0xff]), Buffer.alloc(100)]), "no frame of sound"],
  ])("%s", async (_, bytes, message) => {
    await expect(readSoundFile(await put("bad.wav", bytes))).rejects.toThrow(message);
  });

  test("a path that is not there", async () => {
    await expect(readSounds([join(folder, "none.wav")])).rejects.toThrow("cannot be read: it does not exist");
  });
});
