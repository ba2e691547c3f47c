// Sets up the widget of a form that asks for a proof of work: its style sheet, its worker and its words.
// A reader does nothing for it: the browser solves the task while the form is filled in.

const LANGUAGES = ["ar", "de", "es", "fr", "he", "it", "ja", "nl", "pl", "pt", "ru", "tr", "uk", "zh"];
const NAMES = { es: "es-es", fr: "fr-fr", pt: "pt-pt", zh: "zh-cn" };
// The widget takes the colours and the width of the page.
const STYLE = `
:root {
  --altcha-border-color: var(--edge);
  --altcha-border-radius: var(--radius);
  --altcha-checkbox-border-color: var(--edge);
  --altcha-checkbox-outline: 3px solid transparent;
  --altcha-color-base: var(--paper);
  --altcha-color-base-content: var(--ink);
  --altcha-color-error: var(--bad-tint);
  --altcha-color-error-content: var(--bad);
  --altcha-color-success: var(--ok);
  --altcha-color-success-content: var(--paper);
  --altcha-max-width: 100%;
}
altcha-widget { display: block; margin-block: 16px; }
altcha-widget input:focus-visible { box-shadow: var(--ring); }
@media (prefers-reduced-motion: reduce) { altcha-widget * { animation: none; transition: none; } }
`;
const here = (path) => new URL(path, import.meta.url);

const response = await fetch(here("altcha/altcha.css"));
const sheet = new CSSStyleSheet();
sheet.replaceSync((await response.text()) + STYLE);
// Adopted, because the content security policy of our pages allows no style sheet by its address.
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

await import("./altcha/altcha.min.js");
$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(here("altcha/pbkdf2.js")));

const language = document.documentElement.lang.split("-")[0];
if (LANGUAGES.includes(language)) {
  await import(`./altcha/i18n/${language}.js`);
}
// Whoever presses the button before the task is solved has pressed it: the form is sent once it is.
function sendWhenSolved(form, widget) {
  let isWanted = false;
  form.addEventListener("invalid", (event) => {
    if (widget.contains(event.target) && widget.getState() === "verifying") {
      event.preventDefault();
      isWanted = true;
    }
  }, true);
  widget.addEventListener("statechange", ({ detail }) => {
    if (detail.state === "verified" && isWanted) {
      isWanted = false;
      setTimeout(() => form.requestSubmit());
    }
  });
}

for (const widget of document.querySelectorAll("altcha-widget")) {
  widget.configure({
    challenge: here("../../proof/challenge").href,
    hideFooter: true,
    hideLogo: true,
    // It would collect how the pointer moves.
    humanInteractionSignature: false,
    language: LANGUAGES.includes(language) ? NAMES[language] ?? language : "en",
  });
  sendWhenSolved(widget.closest("form"), widget);
}
