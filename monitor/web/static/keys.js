// A key for every button and option that names one in data-key; typing in a field is left alone.
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || press.isComposing) return;
  const typing = press.target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
  if (press.key === "Escape" && typing) return typing.blur();
  if (typing) return;
  if (press.key === "?") {
    const keys = document.getElementById("keys");
    if (!keys) return;
    keys.open = !keys.open;
    if (keys.open) keys.scrollIntoView({ block: "nearest" }); // it stands below the text
    return;
  }
  if ((press.key === "Enter" || press.key === " ") && press.target.closest("button, a, summary")) return;
  if (press.key === " " && press.target.matches("[type=checkbox], [type=radio]:not(:checked)")) return; // it is chosen
  const wanted = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === press.key);
  if (!wanted || wanted.disabled) return;
  press.preventDefault();
  if (wanted.type === "radio" || wanted.type === "checkbox") {
    wanted.checked = wanted.type === "radio" || !wanted.checked;
    wanted.focus();
  } else {
    wanted.click();
  }
});
