// Starts the app, and looks after its files: which version is kept on this phone and which one is shown.
//
// The page tells what it wants by events on `window`, and is told likewise:
//   concerted-update  (to the page)   a newer version is here; detail: its bundle hash
//   concerted-accept  (from the page) show the newer version from now on
//   concerted-wipe    (from the page) forget everything
//   concerted-started (from the page) it listens now
//   concerted-trouble (from the page) it cannot go on; detail: where

import init, { start_app } from "{{asset:concerted.js}}";

// Before anything is drawn, so that the page does not flash in the wrong colours.
try {
  const appearance = localStorage.getItem("appearance");
  if (appearance) document.documentElement.dataset.appearance = appearance;
} catch {}

async function start() {
  // Compiled once, for the page and for the worker.
  const wasm = fetch("{{asset:concerted.wasm}}");
  const compiled = WebAssembly.compileStreaming
    ? await WebAssembly.compileStreaming(wasm)
    : await WebAssembly.compile(await (await wasm).arrayBuffer());
  const worker = new Worker("{{asset:worker.js}}", { type: "module" });
  worker.postMessage(compiled);
  await init({ module_or_path: compiled });
  start_app(worker);
}

function say(name, detail) {
  window.dispatchEvent(new CustomEvent(name, { detail }));
}

// The service worker answers with the version it shows and the newest one it holds.
function ask() {
  navigator.serviceWorker.controller?.postMessage("versions");
}

async function keepFiles() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.reload) location.reload();
    else if (data.newest !== data.shown) say("concerted-update", data.newest);
  });
  window.addEventListener("concerted-accept", () => navigator.serviceWorker.controller?.postMessage("accept"));
  navigator.serviceWorker.addEventListener("controllerchange", ask);
  window.addEventListener("concerted-started", ask);
  const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  ask();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) registration.update().catch(() => {});
  });
}

window.addEventListener("concerted-wipe", async () => {
  try {
    localStorage.clear();
    sessionStorage.clear();
    for (const name of await caches.keys()) await caches.delete(name);
    for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  } catch {}
  history.replaceState(null, "", location.pathname);
  location.reload();
});

function showTrouble(error) {
  const trouble = document.createElement("p");
  trouble.className = "trouble";
  trouble.textContent =
    "Concerted could not start or go on. Load the page again; if that does not help, this browser is too old. · " +
    "Concerted no ha podido empezar o seguir. Vuelve a cargar la página; si no sirve, este navegador es demasiado antiguo. · " +
    "تعذّر تشغيل Concerted أو متابعته. أعد تحميل الصفحة؛ وإن لم ينفع ذلك فهذا المتصفح قديم جدًا.";
  document.getElementById("app").replaceChildren(trouble);
  console.error(error);
}

window.addEventListener("concerted-trouble", (event) => showTrouble(event.detail));
start().catch(showTrouble);
keepFiles().catch((error) => console.error(error));
