// A swap that touches only what the answer changed.
//
//   <div id="exam" hx-ext="what-changed" hx-select="#exam" hx-swap="what-changed show:none"> ... </div>
//
// Every other node stays as it is, with its focus, its scroll and what was typed in it: a page of thousands of nodes
// answers a tap in a third of the time. Children are compared place by place; where their number or kind differs, the
// element is replaced.
//
// An answer with `data-rest` holds only the parts that a tap changes at once, by their id. The whole page is then asked for
// at that address; another act of the page ends this asking, so that an older page never comes after a newer one.
import htmx from "htmx.org";

const STYLE = "what-changed";

export function startWhatChanged(): void {
  htmx.defineExtension(STYLE, {
    isInlineSwap: (style) => String(style) === STYLE,
    handleSwap: (style, target, fragment) => {
      const fresh = (fragment as DocumentFragment).firstElementChild;
      if (String(style) !== STYLE || !fresh) return false;
      if (fresh instanceof HTMLElement && fresh.dataset.rest) changeParts(target as Element, fresh, fresh.dataset.rest);
      else change(target as Element, fresh);
      return true;
    },
    onEvent: (name, event) => {
      if (name === "htmx:beforeRequest") endAsking(event as CustomEvent<{ elt: Element; target: Element }>);
      return true;
    },
  });
}

function changeParts(page: Element, parts: Element, rest: string): void {
  for (const part of [...parts.children]) {
    const old = document.getElementById(part.id);
    if (old) change(old, part);
  }
  // After this swap has settled: its own request still counts as the page's until then.
  requestAnimationFrame(() => void htmx.ajax("get", rest, { source: page, target: page as HTMLElement }));
}

function endAsking({ detail: { elt, target } }: CustomEvent<{ elt: Element; target: Element }>): void {
  if (elt !== target) htmx.trigger(target, "htmx:abort", {});
}

function change(old: Element, fresh: Element): void {
  if (old.isEqualNode(fresh)) return;
  if (!isAlike(old, fresh)) {
    old.replaceWith(fresh);
    htmx.process(fresh);
    return;
  }
  const isRewired = changeAttributes(old, fresh);
  const news = [...fresh.childNodes];
  [...old.childNodes].forEach((child, i) => {
    const wanted = news[i];
    if (child instanceof Element) change(child, wanted as Element);
    else if (child.nodeValue !== wanted.nodeValue) child.nodeValue = wanted.nodeValue;
  });
  if (isRewired && old.matches("a, form")) htmx.process(old);
}

function isAlike(old: Element, fresh: Element): boolean {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id || old.childNodes.length !== fresh.childNodes.length) return false;
  const news = fresh.childNodes;
  return [...old.childNodes].every((child, i) => child.nodeType === news[i].nodeType);
}

function changeAttributes(old: Element, fresh: Element): boolean {
  let isChanged = false;
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name)) continue;
    old.removeAttribute(name);
    isChanged = true;
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    isChanged = true;
  }
  return isChanged;
}
