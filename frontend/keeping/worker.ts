// The worker behind /keeper.js: network first; when it fails, the kept chart of an open visit of today, and a page that
// says that there is no network for everything else. Besides charts it keeps only the built files of the front end.
//
// The server decides what may be kept: an answer with `X-Myotome-Keep: USER DAY` is a chart of an open visit of today.

import { keepAnswer } from "./keep";
import { forgetChartsBut, keptChart } from "./store";

declare const BUILD: string;
declare const FILES: string[];
declare const OFFLINE: string;

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asking extends Lasting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  addEventListener(name: "install" | "activate", does: (event: Lasting) => void): void;
  addEventListener(name: "fetch", does: (event: Asking) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
}
const worker = self as unknown as Worker;

const CHART = /^\/[-\w]+\/visit\/(\d+)\/$/;
const PATIENCE_MS = 6000;
const LONGEST_MS = 16 * 3600_000;
const shelf = `built-${BUILD}`;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(shelf)
      .then((cache) => cache.addAll([...FILES, OFFLINE].map((path) => new Request(path, { cache: "reload", credentials: "omit" }))))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== shelf) await caches.delete(name);
      await forgetChartsBut((chart) => Date.now() - chart.keptAt < LONGEST_MS);
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (FILES.includes(url.pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
});

async function file(request: Request): Promise<Response> {
  return (await (await caches.open(shelf)).match(request.url, { ignoreVary: true })) ?? fetch(request);
}

async function page(event: Asking, url: URL): Promise<Response> {
  const visit = CHART.exec(url.pathname)?.[1];
  const kept = visit === undefined ? undefined : await keptChart(visit).catch(() => undefined);
  const asked = fetch(event.request);
  try {
    const answer = await (kept ? Promise.race([asked, tooLong()]) : asked);
    if (answer.status >= 502 && answer.status <= 504) throw new TypeError("nobody behind the gate");
    if (visit !== undefined && answer.ok && !url.search) {
      const copy = answer.clone();
      event.waitUntil(copy.text().then((html) => keepAnswer(url.pathname, (name) => copy.headers.get(name), html)));
    }
    return answer;
  } catch (fault) {
    asked.catch(() => undefined);
    if (kept && Date.now() - kept.keptAt < LONGEST_MS) return asKept(kept);
    const shown = await (await caches.open(shelf)).match(OFFLINE, { ignoreVary: true });
    if (shown) return shown;
    throw fault;
  }
}

function tooLong(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new TypeError("no answer in time")), PATIENCE_MS));
}

function asKept(kept: { html: string; keptAt: number; headers: [string, string][] }): Response {
  // The page reckons timers from the server's time when it was drawn: since then as much has passed as on this device.
  const passed = Date.now() - kept.keptAt;
  const shifted = kept.html.replace(/(name="server-now" content=|data-server-at=)"([^"]+)"/g, (_, name: string, at: string) => `${name}"${new Date(Date.parse(at) + passed).toISOString()}"`);
  const html = shifted.replace("<head>", `<head>\n<meta name="kept-at" content="${new Date(kept.keptAt).toISOString()}">`);
  return new Response(html, { headers: [...kept.headers, ["Content-Type", "text/html; charset=utf-8"], ["Cache-Control", "no-store"]] });
}
