// Comfort for labelling: selected text becomes the quote, the lease is renewed while somebody looks at it,
// and what was written comes back with its article: after a claim that ended, a refused answer, an undo.
const queue = document.querySelector(".queue");
const form = document.getElementById("label");
const [skip, reject] = document.querySelectorAll("#skip button");
const reason = document.querySelector("#skip [name=reason]");
const { article, labeller, token } = queue.dataset;
const WRITTEN = `written:${labeller}:${article}`;
const RENEW = 5 * 60 * 1000;
let quote = document.querySelector("[data-quote]");

document.querySelectorAll("textarea.quote, input.quote").forEach((one) => {
  one.addEventListener("focus", () => (quote = one));
});

document.addEventListener("keydown", (press) => {
  if (press.key !== "q" || press.ctrlKey || press.metaKey || press.target.closest("textarea, input.quote")) return;
  const chosen = String(getSelection()).trim();
  if (!chosen || !quote) return;
  press.preventDefault();
  quote.value = quote.value ? quote.value + " … " + chosen : chosen;
});

async function renew() {
  if (document.hidden) return;
  const answer = await fetch(`/api/v1/queue/${article}/renew`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ labeller, token }),
  }).catch(() => null);
  if (answer?.status === 409) location.assign("/queue?ended=1");
  if (answer?.ok) tellLease((await answer.json()).leased_until);
}

function tellLease(until) {
  const lease = document.getElementById("lease");
  const stamp = new Date(until).toISOString().slice(0, 16).replace("T", " ") + " UTC";
  lease.textContent = lease.dataset.words.replace("{time}", stamp);
}

function keep() {
  const written = [...new FormData(form)].filter(([name, value]) => name !== "token" && value);
  if (written.length) sessionStorage.setItem(WRITTEN, JSON.stringify(written));
  else sessionStorage.removeItem(WRITTEN);
}

function bringBack() {
  for (const [name, value] of JSON.parse(sessionStorage.getItem(WRITTEN) || "[]")) {
    for (const field of [...form.elements].filter((one) => one.name === name)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked ||= field.value === value;
      else field.value = value;
    }
  }
}

// A rejection needs its reason: the key leads to the field, and Enter there rejects.
skip.addEventListener("click", () => (reason.required = false));
reject.addEventListener("click", () => (reason.required = true));
reason.addEventListener("keydown", (press) => {
  if (press.key !== "Enter" || !reason.required) return;
  press.preventDefault();
  reject.click();
});

// A key that is held down answers once; a page that the browser brings back may answer again.
let sent = false;
document.addEventListener("submit", (answer) => {
  if (sent) answer.preventDefault();
  sent = true;
});
addEventListener("pageshow", () => (sent = false));

bringBack();
addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", renew);
setInterval(renew, RENEW);
