// Sends the sign-up forms of a page on another site, so that readers stay there: each form whose
// action is /join/LIST of the site that this script comes from. If that site does not answer, or
// does not know the page's site, the form is sent as it would be without a script.
(function () {
  "use strict";
  const base = document.currentScript.src.replace(/\/join\.js([?#].*)?$/, "");

  function bytes(hex) {
    return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  }

  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // The proof of work (altcha.org/docs/v2/proof-of-work): counts until the derived key begins right.
  // A list that does not ask for it is answered without a challenge.
  async function prove(form) {
    const list = form.action.slice((base + "/join/").length).split(/[/?#]/)[0];
    const response = await fetch(base + "/proof/challenge?list=" + list);
    if (response.status === 204) return "";
    const challenge = await response.json();
    const { nonce, salt, cost, keyLength = 32, keyPrefix } = challenge.parameters;
    const begins = bytes(nonce);
    const password = new Uint8Array(begins.length + 4);
    password.set(begins);
    const pbkdf2 = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
    for (let counter = 0; ; counter += 1) {
      new DataView(password.buffer).setUint32(begins.length, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derivedKey = hex(await crypto.subtle.deriveBits(pbkdf2, key, keyLength * 8));
      if (derivedKey.startsWith(keyPrefix)) {
        return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
      }
    }
  }

  function setUp(form) {
    const told = document.createElement("div");
    told.setAttribute("role", "status");
    form.append(told);
    let proof = null;

    function tell(texts) {
      told.replaceChildren(...texts.map((text) => {
        const line = document.createElement("p");
        line.textContent = text;
        return line;
      }));
    }

    function ask(answer, typed) {
      const email = form.elements.namedItem("email");
      tell([answer.message]);
      const use = document.createElement("button");
      use.type = "button";
      use.textContent = answer.use;
      use.addEventListener("click", () => {
        email.value = answer.suggestion;
        send();
      });
      told.append(use);
      // Whoever sends the same address again meant it.
      form.dataset.sure = typed.get("email");
    }

    async function send() {
      const typed = new URLSearchParams(new FormData(form));
      if (form.dataset.sure) typed.set("sure", form.dataset.sure);
      const button = form.querySelector("[type=submit]");
      button.disabled = true;
      try {
        proof ||= prove(form);
        typed.set("altcha", await proof.catch(() => ""));
        proof = null;
        const response = await fetch(form.action, {
          method: "POST",
          headers: { Accept: "application/json" },
          body: typed,
        });
        if (response.status !== 202 && response.status !== 422) throw new Error(response.status);
        const answer = await response.json();
        if (answer.url) {
          location.assign(answer.url);
        } else if (answer.state === "check_inbox") {
          tell([answer.title, answer.message]);
          form.replaceChildren(told);
        } else if (answer.state === "did_you_mean" && !answer.errors.length) {
          ask(answer, typed);
        } else {
          tell(answer.errors.map((error) => error.message));
          form.elements.namedItem(answer.errors[0].field)?.focus?.();
        }
      } catch {
        form.submit();
      } finally {
        button.disabled = false;
      }
    }

    form.addEventListener("focusin", () => {
      proof ||= prove(form);
      proof.catch(() => "");
    }, { once: true });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
  }

  function start() {
    for (const form of document.forms) {
      if (form.action.startsWith(base + "/join/")) setUp(form);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
