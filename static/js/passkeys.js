// Passkeys: the browser makes one, or signs our challenge with one; the answer goes with the form. Without scripts
// or without passkeys the code of an authenticator app is typed instead.

function bytesOf(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function textOf(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

async function optionsOf(place, act) {
  const body = new URLSearchParams({ act, csrf_token: place.closest("form").elements.csrf_token.value });
  const answer = await fetch(place.dataset.options, { method: "POST", body });
  if (!answer.ok) throw new Error(answer.status);
  const options = await answer.json();
  options.challenge = bytesOf(options.challenge);
  if (options.user) options.user.id = bytesOf(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const credential of list || []) credential.id = bytesOf(credential.id);
  }
  return options;
}

function answerOf(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = textOf(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

function offer(place) {
  const form = place.closest("form");
  const button = place.querySelector("button");
  const error = place.querySelector("[data-passkey-error]");
  const act = place.dataset.passkey;
  place.hidden = false;
  form.querySelector("[data-without-passkey]")?.remove();
  button.addEventListener("click", async () => {
    button.disabled = true;
    error.textContent = "";
    try {
      const publicKey = await optionsOf(place, act);
      const credential = await navigator.credentials[act]({ publicKey });
      place.querySelector("input[name=proof_passkey], input[name=answer]").value = answerOf(credential);
      form.submit();
    } catch {
      error.textContent = error.dataset.passkeyError;
      button.disabled = false;
    }
  });
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkey]").forEach(offer);
}
