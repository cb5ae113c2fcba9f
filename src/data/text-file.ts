import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { reading } from "../io/reading.js";
import { decoderFor, detectEncoding, encodingNamed } from "./encoding.js";
import { isTextList, jsonTexts } from "./json-texts.js";
import type { Progress } from "./progress.js";
import { textSplitter } from "./split-text.js";
import type { TextFound, TextParts } from "./text.js";

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;
/** Characters at most: sequences are counted in 32 bits. */
const MOST = 2 ** 32 - 1;

/** How a text file is read. */
export interface TextFileOptions {
  /** Whether each line stands for itself. */
  lines?: boolean;
  /** Encoding, by any name of the WHATWG standard; default as it is found to be. */
  encoding?: string;
  onProgress?: Progress;
  signal?: AbortSignal;
}

/**
 * Reads a text file of any size as a stream, and splits it. UTF-8, UTF-16 and windows-1252 (Latin-1) are told apart;
 * line ends of every kind become `\n`. A JSON list of texts (.json, or .jsonl and .ndjson with one a line) is read as
 * lines. `sha256` is that of the file's bytes. @throws where it is no text, not of its encoding, too short, or other JSON.
 */
export async function readTextFile(
  path: string,
  { lines = false, encoding, onProgress, signal }: TextFileOptions = {},
): Promise<TextParts & { found: TextFound; sha256: string }> {
  const name = basename(path);
  const asked = encoding === undefined ? undefined : encodingNamed(encoding);
  return reading(path, async () => {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const listed: string[] | null = isTextList(name) ? [] : null;
      const splitter = textSplitter({ lines: lines || listed !== null, name, expected: size });
      const ends = new LineEnds();
      const hash = createHash("sha256");
      let decoder = asked === undefined ? null : decoderFor(asked, name);
      let encodingBy: TextFound["encodingBy"] = "option";
      let [bytes, characters] = [0, 0];
      for (let last = false; !last; ) {
        signal?.throwIfAborted();
        const buffer = Buffer.allocUnsafe(CHUNK);
        const read = await filled(file, buffer);
        const chunk = buffer.subarray(0, read);
        last = read < CHUNK;
        hash.update(chunk);
        if (!decoder) {
          const detected = detectEncoding(chunk, name);
          encodingBy = detected.by;
          decoder = decoderFor(detected.encoding, name, detected.by === "content");
        }
        const text = decoder.decode(chunk, last);
        const piece = ends.add(bytes === 0 ? text.replace(/^\uFEFF/, "") : text, last);
        bytes += read;
        if (listed) listed.push(piece);
        else characters += splitter.add(piece);
        if (characters > MOST) throw new Error(`${name} has more than ${MOST} characters; train on a part of it.`);
        onProgress?.({ task: `reading ${name}`, done: bytes, total: Math.max(size, bytes), unit: "bytes" });
      }
      if (listed) characters = splitter.add(jsonTexts(listed.join(""), name).join("\n"));
      const { lf, crlf, cr } = ends;
      const found = { bytes, encoding: decoder!.encoding, encodingBy, characters, lineEnds: { lf, crlf, cr } };
      return { ...splitter.finish(), found, sha256: hash.digest("hex") };
    } finally {
      await file.close();
    }
  });
}

/** Fills a buffer as far as the file goes. */
async function filled(file: Awaited<ReturnType<typeof open>>, buffer: Buffer): Promise<number> {
  let at = 0;
  while (at < buffer.length) {
    const { bytesRead } = await file.read(buffer, at, buffer.length - at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

/** Makes line ends of every kind `\n`, and counts them. */
class LineEnds {
  lf = 0;
  crlf = 0;
  cr = 0;
  private held = "";

  add(piece: string, last: boolean): string {
    let text = this.held + piece;
    this.held = !last && text.endsWith("\r") ? "\r" : ""; // its \n may come
    if (this.held) text = text.slice(0, -1);
    if (text.includes("\r"))
      text = text.replace(/\r\n?/g, (end) => {
        if (end === "\r") this.cr++;
        else this.crlf++;
        this.lf--;
        return "\n";
      });
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.lf++;
    return text;
  }
}
