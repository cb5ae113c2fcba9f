const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it stands in HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => escapes[c]);

/** A page in one file that needs nothing else. `style` and `body` are CSS and HTML. */
export const htmlPage = (
  title: string,
  { style = "", body }: { style?: string; body: string },
): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
${style}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1240px; padding: 0 1rem;
  color: #222; background: #fff; }
figure { margin: 0; } img { image-rendering: pixelated; max-width: 100%; } figcaption { color: #666; }
pre { background: #f4f4f4; padding: 1rem; overflow: auto; }
</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>
`;
