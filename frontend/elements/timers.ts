// Timers: text of every <time class="timer" data-since="ISO" [data-due-s="1200"]> counts up from the server's start.
//
//   <time class="timer" data-since="2026-11-24T18:01:00Z" data-due-s="1200">12:46</time>
//
// The server says what time it was when it drew the page (<meta name="server-now">), so a wrong clock on the tablet
// does not shift a needle's minutes. Without script the text drawn by the server stays, and is true when drawn.

const drawnAt = Date.parse(document.querySelector<HTMLMetaElement>('meta[name="server-now"]')?.content ?? "");
const offset = Number.isNaN(drawnAt) ? 0 : drawnAt - Date.now();

/** m:ss, or h:mm:ss from one hour on. */
export function clockWords(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

function tick(): void {
  const now = Date.now() + offset;
  for (const timer of document.querySelectorAll<HTMLElement>(".timer[data-since]")) {
    const passed = (now - Date.parse(timer.dataset.since ?? "")) / 1000;
    if (Number.isNaN(passed)) continue;
    timer.textContent = timer.dataset.unit === "s" && passed < 120 ? `${Math.max(0, Math.floor(passed))} s` : clockWords(passed);
    const due = Number(timer.dataset.dueS ?? "NaN");
    if (passed >= due && !timer.classList.contains("late")) {
      timer.classList.add("late");
      timer.dispatchEvent(new CustomEvent("needle-time-over", { bubbles: true }));
      const word = document.getElementById(timer.dataset.word ?? "");
      if (word) word.hidden = false;
    }
  }
}

/** Starts one clock for all timers of the page, those swapped in later included. */
export function startTimers(): void {
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSwap", tick);
  document.addEventListener("visibilitychange", tick);
}
