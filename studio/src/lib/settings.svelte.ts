/** What a person has chosen for this browser, kept in its storage. */
class Settings {
  theme = $state<"auto" | "light" | "dark">(read("theme", ["auto", "light", "dark"], "auto"));
  device = $state<"auto" | "webgpu" | "wasm">(read("device", ["auto", "webgpu", "wasm"], "auto"));

  setTheme(theme: Settings["theme"]): void {
    this.theme = theme;
    write("theme", theme);
    this.apply();
  }

  setDevice(device: Settings["device"]): void {
    this.device = device;
    write("device", device);
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
