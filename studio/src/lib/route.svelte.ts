/** The pages by the name that the URL has. */
export const PAGES = [
  ...(["play", "edit", "text", "move", "talk", "ask", "compare", "learn"] as const),
  ...(["diagnose", "runs", "models"] as const),
] as const;
export type PageName = (typeof PAGES)[number];

type Params = Record<string, string>;
/** What a parameter becomes; null leaves it out. */
type Change = Record<string, string | number | null | undefined>;

/** The whole state of the studio, as the URL has it: `#/play?model=drifting-fashion&seed=7`. */
class Route {
  page = $state<PageName>("play");
  params = $state.raw<Params>({});
  #waiting = 0;

  constructor() {
    this.#read();
    addEventListener("popstate", () => this.#read());
    addEventListener("hashchange", () => this.#read());
  }

  #read(): void {
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    this.page = PAGES.find((name) => name === path) ?? "play";
    this.params = Object.fromEntries(new URLSearchParams(query));
  }

  /** The URL of a page with parameters. */
  href(page: PageName, params: Change = {}): string {
    const query = new URLSearchParams(clean(params)).toString();
    return `#/${page}${query ? `?${query}` : ""}`;
  }

  /** Goes to a page, as a link does. */
  go(page: PageName, params: Change = {}): void {
    location.hash = this.href(page, params);
  }

  /**
   * Changes parameters of the present page. Small steps replace the entry of the browser's history, so that "back" goes
   * to where something else was chosen; `push` makes an entry.
   */
  set(change: Change, { push = false } = {}): void {
    const page = this.page;
    this.params = clean({ ...this.params, ...change });
    if (push) {
      history.pushState(null, "", this.href(page, this.params));
      return;
    }
    // Browsers allow about a hundred changes in half a minute: one after the last of a movement is enough.
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      if (this.page === page) history.replaceState(null, "", this.href(page, this.params));
    }, 250) as unknown as number;
  }

  get(name: string): string | undefined {
    return this.params[name];
  }

  /** A number of the URL, if it is one within its bounds; else the preset. */
  number(name: string, preset: number, low = -Infinity, high = Infinity): number {
    const text = this.params[name];
    const value = text === undefined || text === "" ? Number.NaN : Number(text);
    return value >= low && value <= high ? value : preset;
  }
}

const clean = (params: Change): Params =>
  Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, String(value)]],
    ),
  );

export const route = new Route();
