import type { WebGenerator } from "fewstep/browser";
import { shippedName } from "./changes.js";
import type { ModelEntry } from "./models.svelte.js";
import { labelOf, type Recipe, type Shared } from "./recipe.js";

/** Where Node finds a model: by its name only if it is shipped; where else it lies, a page does not know. */
export const placeOf = ({ name, shipped, files }: ModelEntry, generator: WebGenerator): string =>
  shipped ? shippedName(name) : `path/to/${files ? generator.name : name}`;

/** The command that draws the same picture with the model at `place`; null where no command can: pictures that are mixed. */
export function commandLine(
  place: string,
  generator: WebGenerator,
  { corners }: Recipe,
  shared: Shared,
): string | null {
  if (corners.length !== 1) return null;
  const [{ seed, label }] = corners;
  const flags = Object.entries(given(generator, shared)).map(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? flag : `${flag} ${Array.isArray(value) ? value.join(",") : value}`;
  });
  const words = [
    `npx fewstep sample ${word(place)} --count 1 --seed ${seed}`,
    ...(label === null ? [] : [`--label ${word(labelOf(generator.classNames, label))}`]),
    ...flags,
    "--out picture.png",
  ];
  return words.join(" ");
}

/** The TypeScript that draws the same picture with the model at `place`. */
export function typeScript(place: string, generator: WebGenerator, recipe: Recipe, shared: Shared): string {
  const { corners } = recipe;
  const options = given(generator, shared);
  const head = `import { loadModel } from "fewstep";\n\nconst model = await loadModel(${JSON.stringify(place)}, { kind: "image" });\n`;
  const tail = 'await images.save("picture.png");\n';
  if (corners.length === 1) {
    const [{ seed, label }] = corners;
    return `${head}const images = await model.sample(${literal({ ...labelled(label, generator), ...options, seed })});\n${tail}`;
  }
  const corner = (index: number) =>
    literal({ ...labelled(corners[index].label, generator), seed: corners[index].seed });
  const list = corners.map((_, index) => `  ${corner(index)},\n`).join("");
  return `${head.replace("loadModel }", "blend, loadModel }")}const images = await blend(model, [\n${list}], ${literal({ x: round(recipe.x), y: round(recipe.y) })}, ${literal(options)});\n${tail}`;
}

const labelled = (label: number | null, { classNames }: WebGenerator) =>
  label === null ? {} : { label: labelOf(classNames, label) };
/** A word of a command, in quotes where a shell would take it apart. */
const word = (value: string | number): string =>
  /^[\w%+=:,./-]+$/.test(String(value)) ? String(value) : `'${String(value).replaceAll("'", "'\\''")}'`;
const round = (value: number) => Math.round(value * 1e4) / 1e4;

/** Options that are not the model's presets. */
function given(generator: WebGenerator, shared: Shared): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shared).filter(([name, value]) => value !== undefined && value !== generator.options[name]?.preset),
  );
}

const literal = (value: object): string => {
  const entries = Object.entries(value).map(([name, one]) => `${name}: ${JSON.stringify(one).replaceAll(",", ", ")}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
};
