// Keeps a message on its page while the server cannot be reached, and sends it once it can.
// @ts-check

const retryMs = 5000;
const patienceMs = 5000;
const storageKey = 'unsent';

/**
 * Whether the server answers. Not fetch: its absence must not stop anybody from sending.
 * @returns {Promise<boolean>}
 */
function isReachable() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('HEAD', '/send');
    request.timeout = patienceMs;
    request.onloadend = () => resolve(request.status > 0 && request.status < 500);
    request.send();
  });
}

/** This tab's storage, if allowed. @param {(storage: Storage) => any} use */
function withStorage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

/** AES-GCM, where browsers allow it: on https and on localhost. @param {string | undefined} tabKey in base64 */
function cipherOf(tabKey) {
  const { subtle } = crypto;
  if (!tabKey || !subtle) return undefined;
  const bytes = Uint8Array.from(atob(tabKey), (character) => character.charCodeAt(0));
  const key = subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    encrypt: async (/** @type {string} */ text) => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const encrypted = await subtle.encrypt(
        { name: 'AES-GCM', iv },
        await key,
        new TextEncoder().encode(text),
      );
      return [...iv, ...new Uint8Array(encrypted)].join();
    },
    decrypt: async (/** @type {string} */ stored) => {
      const all = Uint8Array.from(stored.split(','), Number);
      const algorithm = { name: 'AES-GCM', iv: all.subarray(0, 12) };
      return new TextDecoder().decode(await subtle.decrypt(algorithm, await key, all.subarray(12)));
    },
  };
}

/** @type {NodeListOf<HTMLFormElement>} */
const forms = document.querySelectorAll('form[data-message]');
for (const form of forms) {
  /** @param {string} name @returns {any} */
  const field = (name) => form.elements.namedItem(name);
  const address = location.pathname + location.search;
  const names = ['recipient', 'body', 'key', 'page', 'saves'];
  const cipher = cipherOf(field('body').dataset.tabKey);

  /** The text survives a reload, in this tab only, until it is saved or sent. Only its writer's pages have the key. */
  let turn = 0;
  const keep = async () => {
    const mine = (turn += 1);
    const values = names.map((name) => [name, field(name).value]);
    const kept = await cipher?.encrypt(JSON.stringify({ address, ...Object.fromEntries(values) }));
    if (kept && turn === mine) withStorage((storage) => storage.setItem(storageKey, kept));
  };
  const forget = () => {
    turn += 1;
    withStorage((storage) => storage.removeItem(storageKey));
  };
  const restore = async () => {
    const stored = withStorage((storage) => storage.getItem(storageKey));
    if (!stored) return;
    const kept = await cipher?.decrypt(stored).then(JSON.parse, forget); // another writer's cannot be read
    if (kept?.address !== address || (field('body').value !== '' && field('key').value !== kept.key)) return;
    // With its key, so that what has been sent already is not sent twice.
    for (const name of names) field(name).value = kept[name];
    form.dispatchEvent(new Event('input', { bubbles: true }));
  };
  void restore();
  form.addEventListener('saved', forget);
  form.addEventListener('unsaved', keep);

  const line = document.createElement('p');
  line.className = 'error whole';
  line.setAttribute('role', 'alert');
  line.hidden = true;
  form.querySelector('.actions')?.after(line); // the buttons stay where they are
  const say = (/** @type {string} */ whatNext) => {
    const why = navigator.onLine ? 'The server cannot be reached.' : 'You are offline.';
    line.textContent = `${why} Your message is kept here${whatNext}`;
    line.hidden = false;
    line.scrollIntoView({ block: 'nearest' });
  };

  let isChecking = false;
  let mayGo = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  /** @type {HTMLElement | null} */
  let pressed = null;
  const trySending = async () => {
    if (isChecking) return;
    clearTimeout(retry);
    retry = undefined;
    isChecking = true;
    const answers = await isReachable();
    isChecking = false;
    if (answers) {
      line.hidden = mayGo = true;
      form.requestSubmit(pressed);
      mayGo = false;
      return;
    }
    void keep();
    say(', and is sent when the connection is back. You can also press the button again.');
    retry = setTimeout(trySending, retryMs);
  };
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return; // a draft is still being saved
    if (mayGo) {
      forget();
      return;
    }
    event.preventDefault();
    pressed = event.submitter;
    void trySending();
  });
  addEventListener('online', () => retry && trySending());
  // What is being changed is not sent by itself.
  form.addEventListener('input', () => {
    if (!retry) return;
    clearTimeout(retry);
    retry = undefined;
    say('. Press the button when the connection is back.');
  });
}
