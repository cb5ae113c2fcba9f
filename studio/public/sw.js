// Keeps the page for use without a network, and gives it the headers with which it may use several threads.
// The models have a cache of their own, kept by the page.
const CACHE = "fewstep-studio";
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      const files = await (await fetch("./files.json", { cache: "no-store" })).json();
      await Promise.all(files.map(async (file) => cache.put(file, await fetch(file, { cache: "no-cache" }))));
    })(),
  );
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const isolated = (response) => {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
};

/** From the network, kept for later; without one, what was kept. */
async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return isolated(response);
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    if (kept) return isolated(kept);
    throw error;
  }
}

/** Weights, runs and the like are not the page's own: they go their own way. */
const own = (url) =>
  url.origin === self.location.origin && !/\/(api|v1|v2)\/|\.safetensors$|\/config\.json$/.test(url.pathname);

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && own(new URL(event.request.url))) event.respondWith(answer(event.request));
});
