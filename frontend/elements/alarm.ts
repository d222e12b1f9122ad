// The alarm of this device, and its beat: while needles rest it tells the server every twenty seconds that it is there, and
// sounds when a set's time is over, whichever page it shows and also above the lock. Words come from website/alarm.html.
//
//   <div id="alarm" hidden data-beat="/locked/beat/" data-silent="This device cannot sound the alarm." ...></div>
//
// It speaks for the visits whose chart it has shown with needles in. Without script nothing beats and the chart says so.

const BEAT_MS = 20_000;
const BEEP_EVERY_S = 3;
const AGAIN_MS = 60_000;
const SHOWN = "myotome-needles-in";

interface Elsewhere {
  visit: number;
  path: string;
  who: string;
  room: string;
  n: number;
  since: string;
  due_s: number | null;
}

let audio: AudioContext | undefined;
let answeredAt = 0;
let ticks = 0;

export function startAlarm(): void {
  const place = document.getElementById("alarm");
  if (!place || document.documentElement.classList.contains("wall")) return;
  const beatNow = (): void => void beat(place).catch(() => undefined);
  beatNow();
  setInterval(beatNow, BEAT_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beatNow());
  document.addEventListener("pointerdown", (event) => {
    void audio?.resume();
    if ((event.target as Element | null)?.closest(".now-panel, .above-lock, #elsewhere")) answeredAt = Date.now();
  });
  setInterval(() => tick(place), 1000);
}

/** The visits with needles in whose chart this device has shown. */
function shown(): string[] {
  const known = (JSON.parse(localStorage.getItem(SHOWN) ?? "[]") as string[]).slice(-50);
  const here = document.querySelector<HTMLElement>("#visit[data-visit]:has(#needle-rows > li[data-state=in], #needle-rows > li[data-state=fragment])");
  return [...new Set([...known, ...(here?.dataset.visit ? [here.dataset.visit] : [])])];
}

async function beat(place: HTMLElement): Promise<void> {
  const visits = shown();
  const body = new URLSearchParams(visits.map((visit) => ["visit", visit]));
  const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice(10) ?? "";
  const answer = await fetch(place.dataset.beat ?? "", { method: "POST", body, headers: { "X-CSRFToken": token, "X-Myotome-Poll": "1" }, redirect: "manual", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) return;
  const said = (await answer.json()) as { visits: Elsewhere[] };
  const isIn = new Set(said.visits.map((one) => String(one.visit)));
  localStorage.setItem(SHOWN, JSON.stringify(shown().filter((visit) => isIn.has(visit))));
  elsewhere(place, said.visits);
}

/** Sets that rest under another chart: each is hidden until its time is over. */
function elsewhere(place: HTMLElement, visits: Elsewhere[]): void {
  const here = document.querySelector<HTMLElement>("#visit[data-visit]")?.dataset.visit;
  let strip = document.getElementById("elsewhere");
  if (!strip) {
    strip = Object.assign(document.createElement("div"), { id: "elsewhere" });
    strip.setAttribute("role", "alert");
    document.getElementById("main")?.before(strip);
  }
  const isLocked = document.getElementById("locked-device") !== null;
  strip.replaceChildren(
    ...visits.flatMap((one) => {
      if (String(one.visit) === here || one.due_s === null || !one.since || isLocked) return [];
      const line = Object.assign(document.createElement("p"), { className: "caution stop" });
      const link = Object.assign(document.createElement("a"), { href: one.path, textContent: (place.dataset.elsewhere ?? "").replace("{room}", one.room).replace("{who}", one.who).replace("{n}", String(one.n)).replace(/^, /, "") });
      const timer = Object.assign(document.createElement("time"), { className: "timer", dateTime: one.since });
      Object.assign(timer.dataset, { since: one.since, dueS: String(one.due_s) });
      const sign = Object.assign(document.createElement("span"), { className: "sign stop", textContent: place.dataset.outNow ?? "" });
      line.append(sign, link, timer);
      return [line];
    }),
  );
}

function tick(place: HTMLElement): void {
  const rest = document.querySelector(".timer[data-due-s]");
  if (!rest) return;
  if (!audio && "AudioContext" in window) audio = new AudioContext();
  say(!audio ? place.dataset.silent : audio.state === "running" ? "" : place.dataset.touch);
  const late = document.querySelector(".timer.late[data-due-s]");
  if (!late) ticks = 0;
  else if (audio && Date.now() - answeredAt > AGAIN_MS && ticks++ % BEEP_EVERY_S === 0) beep(audio);
}

function beep(sound: AudioContext): void {
  const tone = sound.createOscillator();
  const level = sound.createGain();
  tone.frequency.value = 880;
  level.gain.setValueAtTime(0.2, sound.currentTime);
  level.gain.setTargetAtTime(0, sound.currentTime + 0.25, 0.05);
  tone.connect(level).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.6);
}

/** Whether this device can sound, said before it has to. */
function say(words = ""): void {
  const line = document.getElementById("alarm-word");
  if (line?.textContent === words) return;
  line?.remove();
  if (!words) return;
  const panel = document.querySelector(".now-panel, .above-lock, #elsewhere:has(.late)");
  panel?.append(Object.assign(document.createElement("p"), { id: "alarm-word", className: "device-word small", textContent: words }));
}
