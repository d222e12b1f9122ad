// Everything that every page needs: the styles, htmx for fragments, timers that tick, the light/dark switch.
import "../styles/site.css";
import htmx from "htmx.org";
import "../elements/body-picker";
import { startAlarm } from "../elements/alarm";
import { startKeepScroll } from "../elements/keep-scroll";
import { startTimers } from "../elements/timers";
import { startTheme } from "../elements/theme";
import { startWhatChanged } from "../elements/what-changed";
import { startDevice } from "../keeping/device";

// An answer that says what was wrong (409, 422) carries the corrected fragment: show it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = (event as CustomEvent).detail;
  const said = detail.xhr.status === 429 && detail.xhr.responseText.includes("summary-of-errors"); // too many tries
  if (detail.xhr.status === 409 || detail.xhr.status === 422 || said) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

// A fragment is parsed where no script runs, so what <noscript> holds would be real fields and buttons of its form.
document.addEventListener("htmx:load", (event) => {
  for (const unseen of (event.target as Element).querySelectorAll("noscript")) unseen.remove();
});

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;
startTimers();
startKeepScroll();
startTheme();
startWhatChanged();
startAlarm();
startDevice();
