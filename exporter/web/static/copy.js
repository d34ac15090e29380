// Copy buttons, and the focus kept when a form is sent. Every page works without this.
"use strict";

const said = document.createElement("p");
said.setAttribute("role", "status");
said.className = "hidden";

function commandOf(button) {
  for (let node = button.parentElement; node; node = node.parentElement) {
    const code = node.querySelector("pre code") || node.querySelector("code");
    if (code) return code;
  }
  return null;
}

// Browsers offer the clipboard to pages over https only: elsewhere the old way, by selecting.
async function copy(code) {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(code.textContent).then(() => true, () => select(code));
  }
  return select(code);
}

function select(code) {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

async function pressed(button, label) {
  const code = commandOf(button);
  if (!code) return;
  const done = await copy(code);
  button.textContent = done ? "Copied" : "Selected";
  said.textContent = "";
  window.setTimeout(() => {
    said.textContent = done ? "Copied" : "Not copied, but selected: copy it with the keyboard";
  }, 50);
  window.setTimeout(() => { button.textContent = label; }, 2000);
  button.focus();
}

for (const button of document.querySelectorAll("button.copy[hidden]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => pressed(button, label));
}
document.body.append(said);

const KEPT = "focused";
for (const form of document.querySelectorAll("form[role=search]")) {
  form.addEventListener("submit", () => {
    try { sessionStorage.setItem(KEPT, document.activeElement.id); } catch { /* not allowed */ }
  });
}
try {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept) document.getElementById(kept)?.focus({ preventScroll: true });
} catch { /* not allowed */ }
