// Keeps the app's files on the phone, and shows one version until the user accepts the next.
//
// Each version has a cache of its own, named by its bundle hash. Which one is shown stands in a cache entry
// that changes only when the user taps "Update". So a newer version may be fetched at any time, and none of it
// runs before that tap.

const NEWEST = "{{bundle-hash}}";
const FILES = {{asset-list}};
const CHOICE = "concerted-choice";
const START = "/index.html";

const cacheOf = (version) => `concerted-${version}`;

async function shown() {
  const kept = await (await caches.open(CHOICE)).match("/shown");
  return kept ? kept.text() : null;
}

async function show(version) {
  await (await caches.open(CHOICE)).put("/shown", new Response(version));
}

async function keep() {
  const cache = await caches.open(cacheOf(NEWEST));
  await cache.addAll(FILES.map((path) => new Request(path, { cache: "reload" })));
  if (!(await shown())) await show(NEWEST);
  await self.skipWaiting();
}

async function tidy() {
  const wanted = [CHOICE, cacheOf(NEWEST), cacheOf(await shown())];
  for (const name of await caches.keys()) {
    if (name.startsWith("concerted-") && !wanted.includes(name)) await caches.delete(name);
  }
  await self.clients.claim();
}

async function answer(request) {
  const url = new URL(request.url);
  const path = request.mode === "navigate" || url.pathname === "/" ? START : url.pathname;
  const version = await shown();
  if (version) {
    const kept = await (await caches.open(cacheOf(version))).match(path, { ignoreSearch: true });
    if (kept) return kept;
  }
  return fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isOurs = origin === self.location.origin && (pathname === "/" || /\.[a-z0-9]+$/.test(pathname));
  if (method === "GET" && isOurs && pathname !== "/sw.js") event.respondWith(answer(event.request));
});

self.addEventListener("message", (event) => {
  const work = async () => {
    if (event.data === "versions") {
      event.source.postMessage({ shown: await shown(), newest: NEWEST });
    } else if (event.data === "accept") {
      await show(NEWEST);
      await tidy();
      for (const client of await self.clients.matchAll()) client.postMessage({ reload: true });
    }
  };
  event.waitUntil(work());
});
