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
      await Promise.all(files.map(async (file) => cache.put(file, isolated(await fetch(file, { cache: "no-cache" })))));
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

/** What is kept has the headers already: as it was kept, the browser knows it, and what it has compiled of it. */
async function fetched(request, cache) {
  const response = isolated(await fetch(request));
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/**
 * From the network, kept for later; without one, what was kept. Files whose names tell their content never change: these
 * are fetched once.
 */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = () => cache.match(request, { ignoreSearch: request.mode === "navigate" });
  const ready = /\/assets\//.test(request.url) ? await kept() : undefined;
  if (ready) return ready;
  try {
    return await fetched(request, cache);
  } catch (error) {
    const old = await kept();
    if (old) return old;
    throw error;
  }
}

/** Weights, runs and the like are not the page's own: they go their own way. */
const own = (url) =>
  url.origin === self.location.origin && !/\/(api|v1|v2)\/|\.safetensors$|\/config\.json$/.test(url.pathname);

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && own(new URL(event.request.url))) event.respondWith(answer(event.request));
});
