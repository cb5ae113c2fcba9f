const LONGEST = 60;

/** A text of any length, cut where it is long. */
export const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Any value of a JSON file in a few words, for errors: however long or deep it is. */
export function show(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (Array.isArray(value)) {
    const plain = value.length <= 8 && value.every((item) => typeof item !== "object" && typeof item !== "string");
    return plain ? `[${value.map(String).join(", ")}]` : `a list of ${value.length}`;
  }
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return keys.length === 0 ? "{}" : `an object with ${shortened(keys.slice(0, 5).join(", "))}`;
  }
  return String(value);
}

/** A number of things for people: "1 image", "2 images". */
export const many = (count: number, thing: string, things = `${thing}s`): string =>
  `${count} ${count === 1 ? thing : things}`;

/** The name of an option as the command line has it: "maxTokens" is "max-tokens". */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A path or name as a word of a command line, to be copied: in quotes where a shell would take it apart. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (typeof process !== "undefined" && process.platform === "win32") return `"${text}"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
