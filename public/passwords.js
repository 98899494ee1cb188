// Show password: a button below each password field.
// @ts-check

/** @type {NodeListOf<HTMLInputElement>} */
const fields = document.querySelectorAll('input[type=password]');
for (const field of fields) {
  field.spellcheck = false; // a browser may send the text that it checks to a server
  field.autocapitalize = 'none';
  const word = document.createElement('span');
  const whose = document.createElement('span');
  whose.className = 'away';
  if (fields.length > 1) whose.textContent = `: ${field.labels?.[0]?.textContent}`;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet show-password';
  button.append(word, whose);
  /** @param {boolean} isShown */
  const show = (isShown) => {
    field.type = isShown ? 'text' : 'password';
    word.textContent = isShown ? 'Hide password' : 'Show password';
  };
  show(false);
  button.addEventListener('click', () => show(field.type === 'password'));
  // Otherwise browsers do not offer to save it, and may keep it as a text that was typed.
  field.form?.addEventListener('submit', () => show(false));
  field.after(button);
}
