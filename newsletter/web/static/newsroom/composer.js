// What the composer does beyond its form: everything here can be done with the form alone.

const form = document.querySelector("#compose");
const texts = ["subject", "preheader", "intro"].map((name) => document.getElementById(name));
let into = texts[2];

// The length of a line, and how an inbox shows it, follow what is typed.
for (const field of texts.slice(0, 2)) {
  if (!field) continue;
  const counted = field.closest(".field").querySelector("[data-most]");
  const shown = document.querySelector(`[data-shows=${field.name}] bdi`);
  const usual = shown.textContent;
  const first = counted.textContent.match(/\d+/)?.[0];
  field.addEventListener("input", () => {
    counted.textContent = counted.textContent.replace(/\d+/, [...field.value].length);
    shown.textContent = field.value || (first === "0" ? usual : "");
  });
}

// A merge field goes to where the cursor was last.
for (const field of texts) field?.addEventListener("focus", () => (into = field));
for (const button of document.querySelectorAll("[data-insert]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    into.setRangeText(button.dataset.insert, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
  });
}

// A drag does what the arrows do: it saves the form in the new order.
const order = document.querySelector("[data-order]");
if (order && globalThis.Sortable) {
  Sortable.create(order, {
    animation: 0,
    filter: "button, select, a, input",
    preventOnFilter: false,
    onEnd: (moved) => {
      if (moved.oldIndex !== moved.newIndex) form.requestSubmit(document.querySelector("#save-order"));
    },
  });
}

// Leaving the page asks first if something was typed and not saved.
let isTyped = false;
form?.addEventListener("input", () => (isTyped = true));
form?.addEventListener("submit", () => (isTyped = false));
addEventListener("beforeunload", (event) => {
  if (isTyped) event.preventDefault();
});
