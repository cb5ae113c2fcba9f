/** Loads a model folder by URL (`?model=…`) and draws an image per change of the slider. */
import { loadModel, setWasmFolder } from "../../src/browser.js"; // in a project of your own: "fewstep/browser"

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const seed = element<HTMLInputElement>("seed");
const label = element<HTMLSelectElement>("label");
const canvas = element<HTMLCanvasElement>("canvas");
const status = element<HTMLOutputElement>("status");

setWasmFolder(new URL("ort/", location.href).href);
const url = new URL(new URLSearchParams(location.search).get("model") ?? "model", location.href).href;
const load = () => loadModel(url, { kind: "image" });

let drawing = false;
let changed = false;
async function draw(model: Awaited<ReturnType<typeof load>>): Promise<void> {
  changed = true;
  if (drawing) return;
  drawing = true;
  while (changed) {
    changed = false;
    const start = performance.now();
    const images = await model.sample({
      seed: seed.valueAsNumber,
      ...(model.classNames && { label: label.selectedIndex }),
    });
    canvas.width = images.width;
    canvas.height = images.height;
    canvas.getContext("2d")!.putImageData(new ImageData(images.toRgba(), images.width, images.height), 0, 0);
    status.value = `${model.cost()} network evaluation(s), ${Math.round(performance.now() - start)} ms`;
  }
  drawing = false;
}

try {
  const model = await load();
  label.append(...(model.classNames ?? []).map((name) => new Option(name)));
  label.hidden = model.classNames === null;
  for (const control of [seed, label]) control.addEventListener("input", () => draw(model));
  await draw(model);
} catch (error) {
  status.value = String((error as Error).message);
}
