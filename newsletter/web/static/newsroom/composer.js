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

// A picture goes to where the cursor is in the text: the mark is replaced when it is stored.
document.querySelector("[data-mark]")?.addEventListener("click", ({ target }) => {
  texts[2].setRangeText(target.dataset.mark, texts[2].selectionStart, texts[2].selectionEnd, "end");
});

// A drag does what the arrows do: it saves the form in the new order.
const order = document.querySelector("[data-order]");
if (order && globalThis.Sortable) {
  Sortable.create(order, {
    // Not the browser's own drag, which does not begin at a label; on a phone a long press begins it.
    forceFallback: true,
    delay: 250,
    delayOnTouchOnly: true,
    filter: "button, select, a, input",
    preventOnFilter: false,
    onEnd: (moved) => {
      if (moved.oldIndex !== moved.newIndex) form.requestSubmit(document.querySelector("#save-order"));
    },
  });
}

// The preview follows what is typed. It is a new frame each time, so that Back leaves the page.
let isTyped = false;
let waits;
const showTyped = () => {
  const button = document.querySelector("#show-typed");
  const frame = document.querySelector("iframe[name=mail]");
  if (!button || !frame) return;
  const fresh = frame.cloneNode();
  const hasFocus = document.activeElement === frame;
  fresh.removeAttribute("src");
  frame.replaceWith(fresh);
  if (hasFocus) fresh.focus();
  form.requestSubmit(button);
};
form?.addEventListener("input", ({ target }) => {
  if (target.name === "find") return;
  isTyped = true;
  clearTimeout(waits);
  waits = setTimeout(showTyped, 1200);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (isTyped && detail.target.id === "stage") showTyped();
});

// Leaving the page asks first if something was typed and not saved.
form?.addEventListener("submit", ({ submitter }) => {
  if (submitter?.formTarget) return;
  isTyped = false;
  // A form has one submission at a time: a preview now would take the place of this one.
  clearTimeout(waits);
});
addEventListener("beforeunload", (event) => {
  if (isTyped) event.preventDefault();
});
