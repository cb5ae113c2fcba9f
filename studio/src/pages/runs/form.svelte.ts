import type { DatasetListing as DataSet } from "../../../../src/data/get.js";
import type { ToldReport as DataReport } from "../../../../src/data/report.js";
import { api } from "../../lib/api.js";
import { route } from "../../lib/route.svelte.js";
import type { MethodForm, RunList } from "./runs.svelte.js";

export type Field = MethodForm["presets"][number]["fields"][number];

export type { DataReport, DataSet };

/** Settings that most people look at first: how long, how fast, how many at once, and what kind of model it is. */
const isMain = ({ path, choices }: Field) =>
  /(^|\.)(steps|batch|lr|seed)$/.test(path) || (choices !== null && !path.includes("."));

/** What a new run is asked for. Method, data and preset stand in the address. */
export class NewRunForm {
  methods = $state.raw<readonly MethodForm[]>([]);
  sets = $state.raw<readonly DataSet[]>([]);
  error = $state<string | null>(null);
  /** By path: what differs from the preset. */
  set = $state<Record<string, unknown>>({});
  tokens = $state("");
  /** How a place of one's own is read; what is empty is left to be found out. */
  reading = $state<{ size?: number; lines?: boolean; skipBroken?: boolean }>({});
  report = $state.raw<DataReport | null>(null);
  checking = $state(false);
  dataError = $state<string | null>(null);
  #ownName = $state<string | null>(null);
  #check = new AbortController();
  #list: RunList;

  constructor(list: RunList) {
    this.#list = list;
  }

  method = $derived(this.methods.find(({ name }) => name === route.get("method")) ?? this.methods[0]);
  preset = $derived(this.method?.presets.find(({ name }) => name === route.get("preset")) ?? this.method?.presets[0]);
  /** Kinds of data. */
  learnsFrom = $derived(this.preset?.learnsFrom ?? []);
  fitting = $derived(this.sets.filter(({ kind }) => this.learnsFrom.includes(kind)));
  /** Whether the data are a place of one's own, and which. */
  own = $derived(route.get("path") !== undefined);
  path = $derived(route.get("path") ?? "");
  dataSet = $derived(
    this.fitting.find(({ id }) => id === route.get("data")) ??
      this.fitting.find(({ cached }) => cached) ??
      this.fitting[0],
  );
  data = $derived(this.own ? this.path : (this.dataSet?.id ?? ""));
  fields = $derived(this.preset?.fields ?? []);
  main = $derived(this.fields.filter(isMain));
  /** All other settings by the group that they stand in. */
  groups = $derived.by(() => {
    const groups = new Map<string, Field[]>();
    for (const field of this.fields) {
      if (isMain(field)) continue;
      const group = field.path.includes(".") ? field.path.split(".")[0] : "other";
      groups.set(group, [...(groups.get(group) ?? []), field]);
    }
    return [...groups];
  });

  /** A name that is free, made of method and data, until the person writes another. */
  name = $derived.by(() => {
    if (this.#ownName !== null) return this.#ownName;
    const last = this.data.split(/[/\\]/).filter(Boolean).at(-1) ?? "data";
    const stem = `${this.method?.name ?? "run"}-${last.replace(/\.\w+$/, "")}`
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .slice(0, 70);
    const taken = new Set((this.#list.all ?? []).map(({ name }) => name.toLowerCase()));
    for (let n = 1; ; n++) {
      const name = n === 1 ? stem : `${stem}-${n}`;
      if (!taken.has(name.toLowerCase())) return name;
    }
  });
  setName(name: string): void {
    this.#ownName = name.trim() === "" ? null : name.trim();
  }

  ready = $derived(
    Boolean(this.method && this.preset && this.data) &&
      (!this.own || (this.report !== null && this.learnsFrom.includes(this.report.kind))),
  );

  /** Why the person's own data cannot be learned from, as far as that is known. */
  problem = $derived.by(() => {
    if (this.dataError || !this.report || this.learnsFrom.includes(this.report.kind)) return this.dataError;
    const wanted = this.learnsFrom.join(" or ");
    return `This is ${this.report.kind}; ${this.method!.name} with the preset ${this.preset!.name} learns from ${wanted}.`;
  });

  async load(): Promise<void> {
    try {
      [this.methods, this.sets] = await Promise.all([api<MethodForm[]>("methods"), api<DataSet[]>("data")]);
      this.error = null;
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  /** Another method or preset begins with its own settings. */
  choose(change: Record<string, string | null>): void {
    this.set = {};
    route.set(change);
  }

  change(path: string, value: unknown): void {
    const { [path]: _, ...others } = this.set;
    this.set = value === undefined ? others : { ...others, [path]: value };
  }

  /** Another place has to be checked anew. */
  setPath(path: string): void {
    this.#check.abort();
    this.report = null;
    this.dataError = null;
    this.checking = false;
    route.set({ path: path.trim() });
  }

  /** Asks what would be read of the person's own place. */
  async check(): Promise<void> {
    this.#check.abort();
    this.report = null;
    this.dataError = null;
    if (!this.path) return;
    const mine = new AbortController();
    this.#check = mine;
    this.checking = true;
    try {
      const query = new URLSearchParams({
        path: this.path,
        ...Object.fromEntries(Object.entries(this.#reading()).map(([k, v]) => [k, String(v)])),
      });
      const report = await api<DataReport>(`data/check?${query}`, { signal: mine.signal });
      if (this.#check !== mine) return;
      this.report = report;
    } catch (error) {
      if (this.#check === mine) this.dataError = (error as Error).message;
    } finally {
      if (this.#check === mine) this.checking = false;
    }
  }

  #reading(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.reading).filter(([, value]) => value !== undefined && value !== false),
    );
  }

  /** Puts the run into the queue; true where that was done. */
  async start(): Promise<boolean> {
    try {
      const tokens = this.method?.tokens && this.tokens.trim() ? { tokens: this.tokens.trim() } : {};
      const body = {
        ...{ name: this.name, method: this.method!.name, preset: this.preset!.name, data: this.data, set: this.set },
        ...tokens,
        ...(this.own ? this.#reading() : {}),
      };
      await api("runs", { method: "POST", body });
      await this.#list.refresh();
      this.error = null;
      return true;
    } catch (error) {
      this.error = (error as Error).message;
      return false;
    }
  }
}
