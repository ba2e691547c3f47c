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
