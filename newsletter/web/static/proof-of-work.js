// Sets up the widget of a form that asks for a proof of work: its style sheet, its worker and its words.
// A reader does nothing for it: the browser solves the task while the form is filled in.

const LANGUAGES = ["ar", "de", "es", "fr", "he", "it", "ja", "nl", "pl", "pt", "ru", "tr", "uk", "zh"];
const NAMES = { es: "es-es", fr: "fr-fr", pt: "pt-pt", zh: "zh-cn" };
const here = (path) => new URL(path, import.meta.url);

const response = await fetch(here("altcha/altcha.css"));
const sheet = new CSSStyleSheet();
sheet.replaceSync(await response.text());
// Adopted, because the content security policy of our pages allows no style sheet by its address.
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

await import("./altcha/altcha.min.js");
$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(here("altcha/pbkdf2.js")));

const language = document.documentElement.lang.split("-")[0];
if (LANGUAGES.includes(language)) {
  await import(`./altcha/i18n/${language}.js`);
}
for (const widget of document.querySelectorAll("altcha-widget")) {
  widget.configure({
    // It would collect how the pointer moves.
    humanInteractionSignature: false,
    language: LANGUAGES.includes(language) ? NAMES[language] ?? language : "en",
  });
}
