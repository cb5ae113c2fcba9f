import dialogue from "../../../../examples/dialogue.flac?url";
import { route } from "../../lib/route.svelte.js";
import { mixed, nobody, openMicrophone, readSound, recorded, type Voice } from "./voices.js";

/** Where a voice can come from. */
export const SOURCES = {
  dialogue: "The built-in dialogue",
  file: "A file of yours",
  microphone: "The microphone",
  nobody: "Nobody",
} as const;
export type Source = keyof typeof SOURCES;

let builtIn: Promise<Float32Array[]> | null = null;
/** The two voices of the built-in dialogue. */
function dialogueVoices(): Promise<Float32Array[]> {
  builtIn ??= fetch(dialogue)
    .then((response) => response.blob())
    .then((file) => readSound(file, "The built-in dialogue"));
  builtIn.catch(() => {
    builtIn = null;
  });
  return builtIn;
}

/** Who is heard: for each of the two a source. A file and the microphone are of this page, the others of the address. */
export class Sources {
  #own = $state.raw<readonly [Source | null, Source | null]>([null, null]);
  #files: [Float32Array | null, Float32Array | null] = [null, null];
  /** Names of the files. */
  names = $state.raw<readonly [string, string]>(["", ""]);
  /** Another number where something is to be heard anew. */
  version = $state(0);

  of(person: 0 | 1): Source {
    return this.#own[person] ?? (route.get(["from-a", "from-b"][person]) === "nobody" ? "nobody" : "dialogue");
  }

  /** Takes a source; the microphone hears one person only, so that the other side then has nobody. */
  choose(person: 0 | 1, source: Source): void {
    const own = [...this.#own] as [Source | null, Source | null];
    const kept = source === "nobody" || source === "dialogue";
    own[person] = kept ? null : source;
    const key = ["from-a", "from-b"];
    if (kept) route.set({ [key[person]]: source === "nobody" ? source : null });
    if (source === "microphone" && this.of((1 - person) as 0 | 1) === "microphone") {
      own[1 - person] = null;
      route.set({ [key[1 - person]]: "nobody" });
    }
    this.#own = own;
    this.version++;
  }

  /** Takes a file for a person: all its channels are one voice. @throws where it cannot be read */
  async load(person: 0 | 1, file: File): Promise<void> {
    this.#files[person] = mixed(await readSound(file, file.name));
    this.names = person === 0 ? [file.name, this.names[1]] : [this.names[0], file.name];
    this.choose(person, "file");
  }

  /** Both voices, from their beginning. @throws where one cannot be had */
  async open(): Promise<readonly [Voice, Voice]> {
    const open = async (person: 0 | 1): Promise<Voice> => {
      switch (this.of(person)) {
        case "dialogue":
          return recorded((await dialogueVoices())[person]);
        case "file": {
          const samples = this.#files[person];
          return samples ? recorded(samples) : nobody;
        }
        case "microphone":
          return openMicrophone();
        case "nobody":
          return nobody;
      }
    };
    const first = await open(0);
    try {
      return [first, await open(1)];
    } catch (error) {
      first.close();
      throw error;
    }
  }
}
