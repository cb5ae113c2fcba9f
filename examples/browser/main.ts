/** Loads a model folder by URL (`?model=…`) and draws an image per change of the slider. */
import { createGenerator, latest, setWasmFolder } from "../../src/browser.js"; // in a project of your own: "fewstep/browser"

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const seed = element<HTMLInputElement>("seed");
const label = element<HTMLSelectElement>("label");
const canvas = element<HTMLCanvasElement>("canvas");
const status = element<HTMLOutputElement>("status");

setWasmFolder("ort/");

try {
  const generator = await createGenerator(new URLSearchParams(location.search).get("model") ?? "model", {
    kind: "image",
    onProgress: ({ done, total }) => {
      status.value = `loading … ${total ? Math.round((100 * done) / total) : 0} %`;
    },
  });
  const { classNames, device, threads } = generator;
  label.append(...(classNames ?? []).map((name) => new Option(name)));
  label.hidden = classNames === null;

  const draw = latest(async () => {
    const start = performance.now();
    const options = { seed: seed.valueAsNumber, ...(classNames && { label: label.selectedIndex }) };
    const pictures = await generator.sample(options);
    canvas.width = pictures.width;
    canvas.height = pictures.height;
    canvas.getContext("2d")!.putImageData(pictures.imageData(), 0, 0);
    const took = `${Math.round(performance.now() - start)} ms`;
    status.value = `${await generator.cost(options)} network evaluation(s), ${took}, ${device}, ${threads} thread(s)`;
  });
  for (const control of [seed, label]) control.addEventListener("input", draw);
  await draw();
} catch (error) {
  status.value = (error as Error).message;
}
