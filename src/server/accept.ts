import { HttpError } from "./errors.js";

/** The media type of `offered` that an Accept header likes best; of equals the first. @throws HttpError 406 */
export function chosenType<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  const wishes = (accept?.trim() || "*/*").split(",").map((part) => {
    const [type, ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((one) => one.startsWith("q="));
    return { type, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 };
  });
  const qualityOf = (type: string): number => {
    const [main] = type.split("/");
    for (const pattern of [type, `${main}/*`, "*/*"]) {
      const wish = wishes.find((one) => one.type === pattern);
      if (wish) return wish.quality;
    }
    return 0;
  };
  const [best] = offered.map((type) => ({ type, quality: qualityOf(type) })).sort((a, b) => b.quality - a.quality);
  if (best.quality > 0) return best.type;
  throw new HttpError(406, `This can be answered as ${offered.join(", ")}; send one of them as Accept.`);
}
