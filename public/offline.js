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

const forget = () => withStorage((storage) => storage.removeItem(storageKey));

/** @type {NodeListOf<HTMLFormElement>} */
const forms = document.querySelectorAll('form[data-message]');
for (const form of forms) {
  /** @param {string} name @returns {any} */
  const field = (name) => form.elements.namedItem(name);
  const address = location.pathname + location.search;
  const names = ['recipient', 'body', 'key', 'page', 'saves'];

  /** The text survives a reload, in this tab only, until it is saved or sent. */
  const keep = () => {
    const values = names.map((name) => [name, field(name).value]);
    const kept = { address, writer: field('writer').value, ...Object.fromEntries(values) };
    withStorage((storage) => storage.setItem(storageKey, JSON.stringify(kept)));
  };
  const kept = withStorage((storage) => JSON.parse(storage.getItem(storageKey) ?? 'null'));
  if (kept && kept.writer !== field('writer').value) forget();
  // With its key, so that what has been sent already is not sent twice.
  else if (kept?.address === address && (field('body').value === '' || field('key').value === kept.key)) {
    for (const name of names) field(name).value = kept[name];
    form.dispatchEvent(new Event('input', { bubbles: true }));
  }
  form.addEventListener('saved', forget);
  form.addEventListener('unsaved', keep);

  const line = document.createElement('p');
  line.className = 'error whole';
  line.setAttribute('role', 'alert');
  line.hidden = true;
  form.querySelector('.actions')?.before(line);
  const say = (/** @type {string} */ whatNext) => {
    const why = navigator.onLine ? 'The server cannot be reached.' : 'You are offline.';
    line.textContent = `${why} Your message is kept here${whatNext}`;
    line.hidden = false;
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
    keep();
    say(' and sent when the connection is back. You can also press the button again.');
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
