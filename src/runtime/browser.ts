/** A browser that can be driven, and how it was found. */
export interface Browser {
  readonly path: string;
  readonly from: "CHROME_PATH" | "installed" | "@sparticuz/chromium";
}

const NAMES = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome"];
const PLACES: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].map(
    (name) => `${process.env[name]}\\Google\\Chrome\\Application\\chrome.exe`,
  ),
};

/**
 * Finds a Chrome or Chromium, without starting it: `CHROME_PATH`, an installed one, or (Linux x64) the one inside the
 * npm package
 * `@sparticuz/chromium`, which unpacks into the temporary folder where `unpack` is set. Null where there is none; a `CHROME_PATH`
 * that does not exist throws.
 */
export async function findBrowser({ unpack = true } = {}): Promise<Browser | null> {
  const { existsSync } = await import("node:fs");
  const { delimiter, join } = await import("node:path");
  const given = process.env.CHROME_PATH;
  if (given) {
    if (!existsSync(given)) throw new Error(`CHROME_PATH is "${given}", which does not exist.`);
    return { path: given, from: "CHROME_PATH" };
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const candidates = [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...(PLACES[process.platform] ?? []),
  ];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path) return { path, from: "installed" };
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  try {
    const name = "@sparticuz/chromium"; // a development dependency
    const { default: chromium } = (await import(name)) as { default: { executablePath(): Promise<string> } };
    return { path: unpack ? await chromium.executablePath() : name, from: "@sparticuz/chromium" };
  } catch {
    return null;
  }
}
