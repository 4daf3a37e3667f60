// Comfort for labelling: selected text becomes the quote, the lease is renewed while somebody looks at it.
const queue = document.querySelector(".queue");
const RENEW = 5 * 60 * 1000;
let field = document.querySelector("[data-quote]");

document.querySelectorAll("textarea.quote, input.quote").forEach((one) => {
  one.addEventListener("focus", () => (field = one));
});

document.addEventListener("keydown", (press) => {
  if (press.key !== "q" || press.ctrlKey || press.metaKey || press.target.closest("textarea, input.quote")) return;
  const chosen = String(getSelection()).trim();
  if (!chosen || !field) return;
  press.preventDefault();
  field.value = field.value ? field.value + " … " + chosen : chosen;
});

async function renew() {
  if (document.hidden) return;
  const { article, labeller, token } = queue.dataset;
  const answer = await fetch(`/api/v1/queue/${article}/renew`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ labeller, token }),
  });
  if (answer.status === 409) location.reload();
}

if (queue) setInterval(renew, RENEW);
