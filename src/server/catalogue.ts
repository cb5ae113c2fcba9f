import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { show } from "../io/show.js";
import { WrongUse } from "../io/wrong-use.js";
import { draws } from "../methods/load.js";
import { methodOf } from "../methods/registry.js";
import { describedNetwork } from "../models/architecture.js";
import { isUrl, type ModelConfig, NoSuchModel, readModelConfig, shippedModelsFolder } from "../models/files.js";
import type { AnyGenerator, Kind } from "../models/generator.js";
import { modelPlace } from "../models/location.js";
import { HttpError } from "./errors.js";
import type { Settings } from "./options.js";

/** A model that is served. */
export interface Served {
  readonly name: string;
  /** Where config.json and model.safetensors are, without symbolic links. */
  readonly folder: string;
  readonly config: ModelConfig;
  /** What it draws; null of what judges texts or answers questions, which pages load and no request can ask. */
  readonly kind: Kind | null;
  /** Changes when one of the files does. */
  readonly version: string;
}

/** A folder of models, and how a model of it is told from one of the same name in an earlier folder. */
interface Root {
  readonly path: string;
  /** Such as "shipped": the model `a` is then `a@shipped`. */
  readonly label: string;
}

/** What of the shipped models that hide behind others is called. */
const SHIPPED = "shipped";

/** Names that can stand in an address and in a folder: neither a path nor hidden. */
const NAME = /^[^./\\\0:][^/\\\0:]{0,199}$/u;

interface Known {
  readonly served: Served;
  described?: AnyGenerator;
}

/**
 * Which models there are: those that were named, and those of folders, which are looked at anew each time. Where two
 * have one name, the first one found keeps it, and the other is called by its folder too: `drifting-fashion@shipped`.
 */
export class Catalogue {
  private readonly named = new Map<string, string>();
  private readonly roots: Root[] = [];
  /** By folder; a version that has gone is forgotten. */
  private readonly known = new Map<string, Known>();

  /** What was found last by each name, and when. */
  private readonly recent = new Map<string, { served: Served; at: number }>();

  private constructor() {}

  /** @throws NoSuchModel, WrongUse where a name or folder leads to no model that draws */
  static async open({ models, folders }: Pick<Settings, "models" | "folders">): Promise<Catalogue> {
    const catalogue = new Catalogue();
    for (const folder of folders) catalogue.addRoot(await rootOf(folder));
    for (const location of models ?? []) await catalogue.add(location);
    const shipped = models ? null : await shippedModelsFolder();
    if (shipped) catalogue.addRoot(await realpath(shipped), SHIPPED);
    return catalogue;
  }

  private addRoot(path: string, label = basename(path)): void {
    const taken = (one: string) => this.roots.some((root) => root.label === one);
    let own = label;
    for (let n = 2; taken(own); n++) own = `${label}-${n}`;
    this.roots.push({ path, label: own });
  }

  private async add(location: string): Promise<void> {
    if (isUrl(location))
      throw new WrongUse(`${location} is an address; a server's models lie in folders: fetch it first.`);
    const folder = dirname((await modelPlace(location)).show("config.json"));
    const outer = basename(folder) === "model" ? dirname(folder) : folder; // a run keeps its model in model/
    const name = basename(outer);
    if (!NAME.test(name)) throw new WrongUse(`A model cannot be served by the name ${show(name)}; rename its folder.`);
    if (this.named.has(name)) throw new WrongUse(`Two models are called ${show(name)}; rename the folder of one.`);
    if (!draws(await readModelConfig(folder)))
      throw new NoSuchModel(`${location} draws nothing, so it cannot be served.`);
    this.named.set(name, await realpath(folder));
  }

  /** All models that draw, in the order of their names. Folders that hold none, or a damaged one, are left out. */
  async list(): Promise<Served[]> {
    return (await this.all()).filter(({ kind }) => kind !== null);
  }

  /** The models that draw, and those that judge texts or answer questions. */
  async all(): Promise<Served[]> {
    const names = new Set(this.named.keys());
    for (const { path, label } of this.roots)
      for (const name of await readdir(path).catch(() => [])) names.add(names.has(name) ? `${name}@${label}` : name);
    const found = await Promise.all([...names].sort().map((name) => this.look(name).catch(() => null)));
    return found.filter((one) => one !== null);
  }

  /** A model that draws, by its name. @throws HttpError 404 where there is none, 500 where it is damaged */
  async find(name: string): Promise<Served> {
    const found = await this.any(name);
    if (found.kind !== null) return found;
    const does = answers(found.config) ? "answers questions about pictures (fewstep ask)" : "judges texts";
    throw new HttpError(404, `The model ${show(name)} ${does} and draws nothing.`, "model");
  }

  /** A model that draws, judges texts or answers questions, by its name. @throws as `find` */
  async any(name: string): Promise<Served> {
    const recent = this.recent.get(name);
    if (recent && performance.now() - recent.at < RECENT) return recent.served;
    const found = await this.look(name);
    if (found) this.recent.set(name, { served: found, at: performance.now() });
    else this.recent.delete(name);
    if (found) return found;
    const names = (await this.list()).map((one) => one.name);
    throw new HttpError(404, `There is no model ${show(name)}; there are ${names.join(", ") || "none"}.`, "model");
  }

  private async look(name: string): Promise<Served | null> {
    if (!NAME.test(name)) return null;
    const own = this.named.get(name);
    if (own) return this.read(name, own);
    for (const { path } of this.roots) {
      const folder = await modelIn(path, name);
      const found = folder && (await this.read(name, folder));
      if (found) return found;
    }
    return this.behind(name);
  }

  /** A model that has the name of one in an earlier folder, by its name and folder. */
  private async behind(name: string): Promise<Served | null> {
    const at = name.lastIndexOf("@");
    const root = this.roots.find(({ label }) => label === name.slice(at + 1));
    if (at < 1 || !root) return null;
    const own = name.slice(0, at);
    const folder = await modelIn(root.path, own);
    const first = folder && (await this.look(own));
    return first && first.folder !== folder ? this.read(name, folder) : null;
  }

  private async read(name: string, folder: string): Promise<Served | null> {
    const stats = await Promise.all(FILES.map((file) => stat(join(folder, file)).catch(() => null)));
    if (stats.some((one) => !one?.isFile())) return null;
    const version = stats.map((one) => `${one!.mtimeMs.toString(36)}-${one!.size.toString(36)}`).join("-");
    const known = this.known.get(folder);
    if (known?.served.version === version && known.served.name === name) return known.served;
    const config = await readModelConfig(folder);
    const kind = draws(config);
    if (kind === null && !judgesText(config) && !answers(config)) return null;
    const served = { name, folder, config, kind, version };
    this.known.set(folder, { served });
    return served;
  }

  /** A model without its weights: what it can be asked for, and what it costs. */
  async describe(served: Served): Promise<AnyGenerator> {
    const known = this.known.get(served.folder);
    if (known?.served === served && known.described) return known.described;
    const { architecture, load } = methodOf(served.config.method)!;
    const { shape, net } = describedNetwork(architecture, served.config, join(served.folder, "config.json"));
    const described = await load!({ config: served.config, shape, net }, {});
    if (known?.served === served) known.described = described;
    return described;
  }
}

/** Milliseconds for which a model that was found is not looked at anew: under load that costs more than all else. */
const RECENT = 500;
const judgesText = ({ method, text }: ModelConfig) => methodOf(method) !== null && text !== undefined;
const answers = ({ method }: ModelConfig) => methodOf(method)?.answers ?? false;
const FILES = ["config.json", "model.safetensors"];

async function rootOf(folder: string): Promise<string> {
  const path = resolve(folder);
  if (!(await stat(path).catch(() => null))?.isDirectory())
    throw new WrongUse(`There is no folder ${folder} of models; name one that holds models or runs.`);
  return realpath(path);
}

/** The folder of a model or run in a folder of such, null where there is none or a link leads out of it. */
async function modelIn(root: string, name: string): Promise<string | null> {
  for (const path of [join(root, name), join(root, name, "model")]) {
    const places = await Promise.all(FILES.map((file) => realpath(join(path, file)).catch(() => null)));
    if (places.every((place) => place?.startsWith(root + sep))) return realpath(path);
  }
  return null;
}
