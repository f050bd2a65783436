// Runs the engine beside the page: the page sends the compiled module first, then talks to the engine.

import init, { start_worker } from "{{asset:concerted.js}}";

self.onmessage = async ({ data }) => {
  await init({ module_or_path: data });
  start_worker();
};
