// What the newsroom does beyond its forms and htmx. Every page works without it.

// A form that was sent is not sent again by a second press.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // What is downloaded or shown in a frame leaves the page as it is: its form may be sent again.
  const stays = "download" in form.dataset || event.submitter?.formTarget;
  if (event.defaultPrevented || form.method !== "post" || stays) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The summary of mistakes has the focus, so that it is read first.
document.querySelector(".banner.bad[role=alert]")?.setAttribute("tabindex", "-1");
document.querySelector(".banner.bad[role=alert]")?.focus();

// The time zone of the browser, for a form that asks for it.
for (const field of document.querySelectorAll("input[data-timezone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

// How many rows of a table are picked, in the bar that says what can be done with them.
document.addEventListener("change", ({ target }) => {
  const shown = target.form?.querySelector("[data-picked]");
  if (!shown) return;
  const picked = target.form.querySelectorAll(`[name="${shown.dataset.picked}"]:checked`).length;
  shown.textContent = picked ? `(${picked})` : "";
});

// Keys: `g` and a letter lead to a room, `/` to the search, `?` shows the list of them. They do nothing in a field, and
// can be turned off, for people whose speech is typed (WCAG 2.1.4).
const keyList = document.querySelector("dialog#keys");
const keysOn = document.querySelector("[data-keys-on]");
let pressedBefore = "";
if (keysOn) {
  keysOn.checked = localStorage.getItem("keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
}
document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  if (!keyList || writes || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") return keyList.open ? keyList.close() : keyList.showModal();
  if (!keysOn?.checked || keyList.open) return;
  const keys = pressedBefore ? `${pressedBefore} ${event.key}` : event.key;
  pressedBefore = event.key === "g" ? "g" : "";
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("main input[type=search]")?.focus();
  }
  [...document.querySelectorAll("a[data-keys]")].find((link) => link.dataset.keys === keys)?.click();
});
