import DOMPurify from "dompurify";
import { marked } from "marked";

/** A model's README.md as HTML without scripts; its pictures are those of the model's folder. @throws where there is none */
export async function cardHtml(folder: string): Promise<string> {
  const response = await fetch(`${folder}/README.md`);
  if (!response.ok) throw new Error("This model has no card.");
  const html = DOMPurify.sanitize(await marked.parse(await response.text()));
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const image of page.images) {
    const source = image.getAttribute("src") ?? "";
    if (!/^[a-z]+:|^\//i.test(source)) image.src = `${folder}/${source}`;
    image.loading = "lazy";
  }
  // Links to other files of the repository lead nowhere from here.
  for (const link of page.links) {
    if (/^https?:/.test(link.getAttribute("href") ?? "")) {
      link.target = "_blank";
      link.rel = "noreferrer";
    } else link.replaceWith(...link.childNodes);
  }
  for (const table of page.querySelectorAll("table")) table.tabIndex = 0;
  return page.body.innerHTML;
}
