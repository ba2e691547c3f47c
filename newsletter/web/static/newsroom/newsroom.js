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
const sentForms = () => document.querySelectorAll("form[data-sent]");
addEventListener("pageshow", () => {
  for (const form of sentForms()) {
    delete form.dataset.sent;
    unsaved.delete(form);
  }
});

// Who leaves a page is asked first if they changed a form and did not send it: not a search, a log-in or a table whose
// rows are ticked. The composer asks by itself, because it also knows what it saved.
const unsaved = new Set();
const losesNothing =
  "#compose, .bar, [role=search], [data-passkey], :has([type=password], [autocomplete=one-time-code], .bulk, [data-tick-all])";
document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (form?.method === "post" && target.type !== "search" && !form.matches(losesNothing)) unsaved.add(form);
});
addEventListener("beforeunload", (event) => {
  if (![...unsaved].some((form) => form.isConnected && !form.dataset.sent)) return;
  event.preventDefault();
  // Who stays may still send the form whose button they pressed.
  setTimeout(() => {
    for (const form of sentForms()) delete form.dataset.sent;
  });
});

// The summary of mistakes has the focus, so that it is read first.
document.querySelector(".banner.bad[role=alert]")?.setAttribute("tabindex", "-1");
document.querySelector(".banner.bad[role=alert]")?.focus();

// A text that is taken elsewhere gets a button that copies it. Browsers let pages do that over https only.
for (const text of navigator.clipboard ? document.querySelectorAll("pre[data-copy]") : []) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "b small", textContent: text.dataset.copy, ariaLive: "polite" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = text.dataset.copied;
  });
  text.after(button);
}

// A file that is too large is said at once, and not sent: before htmx, which sends a picture when it is chosen.
document.addEventListener(
  "change",
  (event) => {
    const { target } = event;
    if (!target.dataset.mostMb) return;
    document.getElementById(`${target.id}-too-large`)?.remove();
    if (![...target.files].some((file) => file.size > target.dataset.mostMb * 2 ** 20)) return;
    event.stopPropagation();
    target.value = "";
    const said = document.createElement("p");
    Object.assign(said, { id: `${target.id}-too-large`, className: "finding bad", role: "alert", textContent: target.dataset.tooLarge });
    target.after(said);
  },
  true,
);

// A search inside a form finds while somebody types: Enter does not send the form.
document.querySelector("input[type=search][name=find]")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});

// A link around nothing gets a text, before the toolbar makes the link of what is selected.
document.addEventListener(
  "click",
  ({ target }) => {
    const button = target.closest("md-link[data-text]");
    const field = document.getElementById(button?.closest("markdown-toolbar").getAttribute("for"));
    if (!field || field.selectionStart !== field.selectionEnd) return;
    field.setRangeText(button.dataset.text, field.selectionStart, field.selectionEnd, "select");
  },
  true,
);

// The time zone of the browser, for a form that asks for it.
for (const field of document.querySelectorAll("input[data-timezone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

// Who types a time wants that time: its choice is made with it, unless another one that has a time is.
document.addEventListener("input", ({ target }) => {
  const choices = [...(target.form?.querySelectorAll("[name=when]") ?? [])];
  if (!target.dataset.chooses || !target.value || choices.some((each) => each.checked && each.value !== "now")) return;
  for (const each of choices) each.checked = each.value === target.dataset.chooses;
});

// A part that htmx renews keeps the focus and what is open in it. If what had the focus is gone, a heading near it has it.
const nameOf = (each) =>
  [each.localName, each.id || each.closest("[id]")?.id, each.name, each.getAttribute("value"), each.getAttribute("href"), each.form?.action].join(" ");
const called = (name) => [...document.querySelectorAll(`main ${name.split(" ")[0]}`)].filter((each) => nameOf(each) === name);
const placeOf = (each) => ({ each, name: nameOf(each), at: called(nameOf(each)).indexOf(each), ids: idsAbove(each) });
const successor = ({ name, at }) => called(name)[at];
function idsAbove(each) {
  const part = each.parentElement?.closest("[id]");
  return part ? [part.id, ...idsAbove(part)] : [];
}
let focused;
let opened = [];
document.addEventListener("htmx:beforeSwap", () => {
  const main = document.querySelector("main");
  focused = main?.contains(document.activeElement) && placeOf(document.activeElement);
  opened = [...document.querySelectorAll("main details[open] > summary")].map(placeOf);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const place of opened) {
    const summary = place.each.isConnected ? null : successor(place);
    if (summary) summary.parentElement.open = true;
  }
  if (!focused || focused.each.isConnected || document.activeElement !== document.body) return;
  let next = successor(focused);
  if (!next) {
    const part = focused.ids.map((id) => document.getElementById(id)).find(Boolean) ?? document.querySelector("main");
    next = part.querySelector("h1, h2, h3") ?? part;
    next.tabIndex = -1;
  }
  next.focus({ preventScroll: true });
});

// How many rows of a table are picked, in the bar that says what can be done with them; and a box that picks all of them.
document.addEventListener("change", ({ target }) => {
  const all = target.form?.querySelector("[data-tick-all]");
  const boxes = all ? [...all.form.elements].filter((box) => box.name === all.dataset.tickAll) : [];
  if (target === all) for (const box of boxes) box.checked = all.checked;
  else if (all) all.checked = boxes.every((box) => box.checked);
  const shown = target.form?.querySelector("[data-picked]");
  if (!shown) return;
  const picked = target.form.querySelectorAll(`[name="${shown.dataset.picked}"]:checked`).length;
  shown.textContent = picked ? (shown.dataset.says ?? "({n})").replace("{n}", picked) : "";
});

// Keys: `g` and a letter lead to a room, `/` to the search, `a` to what can be done with picked rows, `?` shows the list
// of them. They do nothing in a field, and can be turned off, for people whose speech is typed (WCAG 2.1.4).
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
  if (keys === "a") [...document.querySelectorAll(".bulk :is(button, select, input:not([type=hidden]))")].find((each) => each.checkVisibility())?.focus();
  [...document.querySelectorAll("a[data-keys]")].find((link) => link.dataset.keys === keys)?.click();
});
