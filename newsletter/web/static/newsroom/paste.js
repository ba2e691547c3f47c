// Text with a form that is pasted from Word, an email or a page comes into a field as Markdown. The browser pastes its
// plain text first; the server makes Markdown of the rest, which replaces it. Undo brings the plain text back.

const MOST_CHARS = 300_000;

// Code from an editor is text as it stands.
const isCode = (data, html) => data.types.includes("vscode-editor-data") || /white-space:\s*pre\s*[;"']/.test(html);

async function asMarkdown(html, field) {
  const body = new URLSearchParams({ form_token: field.form.elements.form_token.value, pasted: html });
  const answer = await fetch("/admin/briefs/pasted", { method: "POST", body, headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.status === 204) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { text: page.querySelector("textarea").value.trimEnd(), said: page.querySelector("p").textContent };
}

// Headings, lists and paragraphs begin and end with an empty line.
function apart(text, before, after) {
  if (!text.includes("\n")) return text;
  const lead = before && "\n".repeat(2 - before.match(/\n{0,2}$/)[0].length);
  return lead + text + (after && "\n".repeat(2 - after.match(/^\n{0,2}/)[0].length));
}

function replace(field, start, plain, markdown) {
  // Something else was done in the meantime: it stays.
  if (field.value.slice(start, start + plain.length) !== plain) return false;
  const text = apart(markdown, field.value.slice(0, start), field.value.slice(start + plain.length));
  const after = field.selectionStart - plain.length - start;
  field.focus();
  field.setSelectionRange(start, start + plain.length);
  // It is old, but nothing else can be undone with the keys.
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text);
  const end = Math.max(start + text.length + after, start);
  field.setSelectionRange(end, end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

for (const field of document.querySelectorAll("textarea[data-paste]")) {
  const status = document.createElement("p");
  status.className = "hint";
  status.setAttribute("role", "status");
  field.after(status);
  field.addEventListener("paste", ({ clipboardData: data }) => {
    // Pictures that stand in the text are not sent: they would not be used.
    const html = data.getData("text/html").replace(/(src=["'])data:[^"']*/gi, "$1data:");
    if (!/<[a-z]/i.test(html) || html.length > MOST_CHARS || isCode(data, html)) return;
    const start = field.selectionStart;
    const long = field.value.length - (field.selectionEnd - start);
    setTimeout(async () => {
      const plain = field.value.slice(start, start + field.value.length - long);
      const made = await asMarkdown(html, field).catch(() => null);
      if (!made) return;
      const isNew = made.text && made.text !== plain.trim();
      if (!isNew || replace(field, start, plain, made.text)) status.textContent = isNew ? made.said : "";
    });
  });
}
