/** Where networks run; "one": WebAssembly with a single thread. */
const DEVICES = ["auto", "webgpu", "wasm", "one"] as const;
type Place = (typeof DEVICES)[number];

/** What a person has chosen for this browser, kept in its storage. */
class Settings {
  theme = $state<"auto" | "light" | "dark">(read("theme", ["auto", "light", "dark"], "auto"));
  place = $state<Place>(read("device", DEVICES, "auto"));

  get device(): "auto" | "webgpu" | "wasm" {
    return this.place === "one" ? "wasm" : this.place;
  }

  /** Threads that were asked for; undefined leaves them to the package. */
  get threads(): number | undefined {
    return this.place === "one" ? 1 : undefined;
  }

  setTheme(theme: Settings["theme"]): void {
    this.theme = theme;
    write("theme", theme);
    this.apply();
  }

  setPlace(place: Place): void {
    this.place = place;
    write("device", place);
  }

  apply(): void {
    if (this.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
}

function read<T extends string>(name: string, choices: readonly T[], preset: T): T {
  try {
    return choices.find((choice) => choice === localStorage.getItem(`fewstep.${name}`)) ?? preset;
  } catch {
    return preset; // storage is switched off
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`fewstep.${name}`, value);
  } catch {
    // storage is switched off: the choice holds until the page is closed
  }
}

export const settings = new Settings();
settings.apply();
