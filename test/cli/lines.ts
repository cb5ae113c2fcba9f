import { Writable } from "node:stream";

/** Keeps JSON lines; tells each to `onLine` before it is taken. */
export function reader(onLine: (line: number, self: Writable) => void = () => {}) {
  const lines: any[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      onLine(lines.length, output);
      done();
    },
  });
  return { output, lines };
}
