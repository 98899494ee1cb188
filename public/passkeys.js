// Passkeys: a button asks the browser for one, and its form brings the answer to the server.
// @ts-check

/** @type {any} */
const passkeys = window.PublicKeyCredential; // on https and on localhost
const isPossible = Boolean(passkeys?.parseCreationOptionsFromJSON && passkeys.parseRequestOptionsFromJSON);

/** @type {Record<string, string>} */
const words = {
  NotAllowedError: 'No passkey was used.',
  InvalidStateError: 'This device already has a passkey for your account.',
};

/** @param {{ create?: any, get?: any }} question */
function ask({ create, get }) {
  return create
    ? navigator.credentials.create({ publicKey: passkeys.parseCreationOptionsFromJSON(create) })
    : navigator.credentials.get({ publicKey: passkeys.parseRequestOptionsFromJSON(get) });
}

/** @type {NodeListOf<HTMLButtonElement>} */
const buttons = document.querySelectorAll('[data-passkey]');
for (const button of buttons) {
  const question = JSON.parse(button.dataset.passkey ?? '');
  const form = /** @type {HTMLFormElement} */ (button.form);
  const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem('credential'));
  const says = /** @type {HTMLElement} */ (form.querySelector('[data-passkey-says]'));
  if (!isPossible || question.origin !== location.origin) continue;
  button.hidden = false;
  for (const without of form.querySelectorAll('[data-without-passkeys]')) without.remove();

  let isAnswered = false;
  form.addEventListener('submit', async (event) => {
    if (event.submitter !== button || isAnswered) return;
    event.preventDefault();
    says.textContent = '';
    button.disabled = true; // browsers take one question at a time
    try {
      answer.value = JSON.stringify(await ask(question));
      isAnswered = true;
    } catch (error) {
      says.textContent = words[/** @type {Error} */ (error).name] ?? 'That did not work.';
    }
    button.disabled = false;
    if (isAnswered) form.requestSubmit(button);
    isAnswered = false;
  });
}
