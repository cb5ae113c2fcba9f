import type { Vector } from "../motion/rotations.js";
import { show } from "./show.js";

/** A number of a frame: along or about an axis. */
export interface Channel {
  readonly kind: "position" | "rotation";
  readonly axis: "X" | "Y" | "Z";
}

/** A joint of a BVH file; ends without channels are none. */
export interface Joint {
  readonly name: string;
  readonly parent: number;
  readonly offset: Vector;
  readonly channels: readonly Channel[];
}

/** Words of the file with the line that each is in; braces stand alone. */
interface Word {
  readonly text: string;
  readonly line: number;
}

/** Reads the part HIERARCHY. `end`: the line after MOTION. @throws with the line where it is broken */
export function readHierarchy(lines: readonly string[], name: string): { joints: Joint[]; end: number } {
  const broken = (line: number, what: string): Error => new Error(`${name}, line ${line + 1}: ${what}`);
  const motion = lines.findIndex((line) => /^\s*MOTION\s*$/i.test(line));
  const start = lines.findIndex((line) => line.trim() !== "");
  if (start < 0 || !/^\s*HIERARCHY\s*$/i.test(lines[start]))
    throw broken(Math.max(0, start), 'a BVH file begins with "HIERARCHY"; this one does not, so it is another format.');
  if (motion < 0)
    throw broken(lines.length - 1, 'the file ends without the line "MOTION". It is cut short: export it again.');
  const joints: Joint[] = [];
  const words: Word[] = [];
  for (let line = start + 1; line < motion; line++)
    for (const text of lines[line].match(/[{}]|[^\s{}]+/g) ?? []) words.push({ text, line });
  let at = 0;
  const line = () => words[Math.min(at, words.length - 1)]?.line ?? motion;
  const take = (wanted: string, fits: (text: string) => boolean): string => {
    const word = words[at];
    if (!word) throw broken(motion, `${wanted} is missing before MOTION. The file is cut short: export it again.`);
    if (!fits(word.text))
      throw broken(word.line, `${wanted} must stand here, not ${show(word.text)}. Export it again.`);
    at++;
    return word.text;
  };
  const is = (wanted: string) => (text: string) => text.toUpperCase() === wanted;
  const isNumber = (text: string) => Number.isFinite(Number(text));
  /** The rest of a line as a name, which may have spaces. */
  const nameHere = (): string => {
    const { line } = words[at - 1];
    const parts: string[] = [];
    while (words[at]?.line === line && !/[{}]/.test(words[at].text)) parts.push(words[at++].text);
    if (parts.length === 0) throw broken(line, "a joint has no name. Give it one.");
    return parts.join(" ");
  };
  const offsetHere = (): Vector => {
    take('"OFFSET"', is("OFFSET"));
    return [0, 1, 2].map(() => Number(take("a number of the OFFSET", isNumber))) as Vector;
  };
  const channelsHere = (): Channel[] => {
    take('"CHANNELS"', is("CHANNELS"));
    const count = Number(take("the number of channels", (text) => /^\d+$/.test(text)));
    const channels = Array.from({ length: count }, (): Channel => {
      const wanted = "a channel such as Zrotation or Xposition";
      const [, axis, kind] = /^([XYZ])(position|rotation)$/i.exec(take(wanted, (text) => CHANNEL.test(text)))!;
      return { axis: axis.toUpperCase() as Channel["axis"], kind: kind.toLowerCase() as Channel["kind"] };
    });
    const twice = channels.find((a, i) => channels.findIndex((b) => b.axis === a.axis && b.kind === a.kind) !== i);
    if (twice) throw broken(line(), `the channel ${twice.axis}${twice.kind} stands twice in one joint. Take one away.`);
    return channels;
  };
  const joint = (parent: number): void => {
    const place = words[at - 1].line;
    const called = nameHere();
    if (joints.some((other) => other.name === called))
      throw broken(place, `a second joint is called "${called}". Give each its own name.`);
    take('"{"', is("{"));
    const index = joints.length;
    joints.push({ name: called, parent, offset: offsetHere(), channels: channelsHere() });
    while (!is("}")(words[at]?.text ?? "")) {
      const kind = take('"JOINT", "End Site" or "}"', (text) => is("JOINT")(text) || is("END")(text)).toUpperCase();
      if (kind === "JOINT") joint(index);
      else {
        nameHere();
        take('"{"', is("{"));
        offsetHere();
        take('"}"', is("}"));
      }
    }
    take('"}"', is("}"));
  };
  take('"ROOT"', is("ROOT"));
  joint(-1);
  if (at < words.length)
    throw broken(
      line(),
      is("ROOT")(words[at].text)
        ? "a second ROOT begins. Only one skeleton is read: write each into a file of its own."
        : `${show(words[at].text)} stands after the skeleton's end. Export the file again.`,
    );
  return { joints, end: motion + 1 };
}

const CHANNEL = /^[XYZ](position|rotation)$/i;
