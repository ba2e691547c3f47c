// Asks the browser for a passkey, and sends its answer with the form that the button belongs to.
// Without this script, or in a browser that has no passkeys, the other ways on the page remain.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const letters = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

function options(json) {
  const values = JSON.parse(json);
  values.challenge = bytes(values.challenge);
  for (const one of [...(values.allowCredentials ?? []), ...(values.excludeCredentials ?? [])]) one.id = bytes(one.id);
  if (values.user) values.user.id = bytes(values.user.id);
  return { publicKey: values };
}

function asJson(credential) {
  const { response } = credential;
  const parts = {};
  for (const name of ["attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"]) {
    if (response[name]) parts[name] = letters(response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: letters(credential.rawId), type: credential.type, response: parts });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = form.elements.namedItem("credential");
    const wanted = options(form.dataset.passkey);
    try {
      const call = form.dataset.passkeyNew === undefined ? "get" : "create";
      answer.value = asJson(await navigator.credentials[call](wanted));
    } catch {
      // The person cancelled, or has no passkey here: the server says so.
      answer.value = "{}";
    }
    form.submit();
  });
}
