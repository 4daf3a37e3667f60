// Replaces the live part of a page every few seconds; what is folded open stays open, focus stays where it is.
const live = document.getElementById("live");
const offline = document.getElementById("offline");
const EVERY = 5000;
let etag = "";

function put(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const open = [...live.querySelectorAll("details[open]")].map((one) => one.id).filter(Boolean);
  const focused = live.contains(document.activeElement) ? path(document.activeElement) : null;
  for (const id of open) {
    const one = fresh.querySelector("#" + CSS.escape(id));
    if (one) one.open = true;
  }
  live.replaceChildren(...fresh.childNodes);
  if (focused) find(focused)?.focus({ preventScroll: true });
}

function path(element) {
  const owner = element.closest("details[id]");
  if (owner && element.tagName === "SUMMARY") return { id: owner.id };
  return element.href ? { href: element.getAttribute("href") } : null;
}

function find({ id, href }) {
  if (id) return document.querySelector("#" + CSS.escape(id) + " > summary");
  return [...live.querySelectorAll("a")].find((one) => one.getAttribute("href") === href);
}

async function refresh() {
  try {
    const answer = await fetch(live.dataset.source, { headers: etag ? { "If-None-Match": etag } : {} });
    offline.hidden = answer.ok || answer.status === 304;
    if (answer.status === 200) {
      etag = answer.headers.get("etag") ?? "";
      put(await answer.text());
    }
  } catch {
    offline.hidden = false;
  }
}

if (live) {
  setInterval(() => document.hidden || refresh(), EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
