// A link to pass on: Copy, and Share where the device can.
// @ts-check

const link = /** @type {HTMLInputElement} */ (document.querySelector('[data-share]'));
const text = `${link.dataset.share} ${link.value}`;
const buttons = document.createElement('p');
buttons.className = 'actions';
const said = document.createElement('span');
said.setAttribute('role', 'status');

/** @param {string} words @param {() => Promise<string>} act what it says when it is done */
function offer(words, act) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = words;
  button.addEventListener('click', async () => {
    said.textContent = await act().catch(() => 'Please copy it by hand.');
  });
  buttons.append(button);
}

// Browsers have both on https only, and on localhost.
if (navigator.clipboard) offer('Copy', () => navigator.clipboard.writeText(text).then(() => 'Copied.'));
if (navigator.canShare?.({ text })) offer('Share', () => navigator.share({ text }).then(() => ''));
buttons.append(said);
link.after(buttons);
