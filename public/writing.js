// The message form: characters left, autosave, and sending, also once a lost connection is back.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);

const saveAfterMs = 3000;
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
  const body = field('body');
  const left = find('[data-left]', form);
  const saved = find('[data-saved]', form);
  const limit = Number(body.dataset.limit);
  const hint = left?.textContent ?? '';

  const characters = (/** @type {number} */ number) =>
    number === 1 ? '1 character' : `${number} characters`;
  const count = () => {
    const room = limit - Array.from(body.value).length;
    if (!left) return;
    if (room < 0) left.textContent = `${characters(-room)} too many`;
    else left.textContent = room <= 1000 ? `${characters(room)} left` : hint;
    left.classList.toggle('error', room < 0);
  };
  count();

  // Pasting several lines into a one-line field drops the line breaks, which would join names.
  const recipient = field('recipient');
  recipient.addEventListener('paste', (/** @type {ClipboardEvent} */ event) => {
    const lines = (event.clipboardData?.getData('text/plain') ?? '').trim().split(/[\r\n\t]+/);
    if (lines.length < 2) return;
    event.preventDefault();
    recipient.setRangeText(lines.join(', '), recipient.selectionStart, recipient.selectionEnd, 'end');
    recipient.dispatchEvent(new Event('input', { bubbles: true }));
  });

  // Somebody chosen by a button is added in place.
  form.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const button = /** @type {any} */ (event.target).closest('[name="add"]');
    if (!button) return;
    event.preventDefault();
    const names = recipient.value.split(/[\s,;]+/).filter(Boolean);
    recipient.value = [...new Set(names).add(button.value)].join(', ');
    recipient.dispatchEvent(new Event('input', { bubbles: true }));
    body.focus();
  });

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<void> | undefined} */
  let saving;
  // Shown with every later save: there are two drafts now.
  let copied = '';
  const save = async () => {
    field('saves').value = Number(field('saves').value) + 1; // the order in which the server has them
    const fields = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    // So that it arrives when the page is left; browsers refuse it for more than 64 kB.
    const keepalive = fields.toString().length < 60_000;
    const headers = { Accept: 'application/json' };
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch('/drafts', { method: 'POST', body: fields, headers, signal, keepalive }).catch(
      () => undefined,
    );
    /** @type {{ isSaved?: boolean, line?: string, key?: string, page?: string }} */
    const said = (await answer?.json().catch(() => undefined)) ?? {};
    if (said.key) {
      copied = said.line ?? '';
      field('key').value = said.key;
      field('page').value = said.page;
    }
    if (answer?.ok) forget();
    else void keep();
    if (saved && !timer)
      saved.textContent = answer?.ok
        ? copied || 'Saved'
        : (said.line ?? 'Not saved: your text is only on this page');
  };
  const saveNow = () => {
    clearTimeout(timer);
    timer = undefined;
    // One save at a time, except when the page is being left.
    const mine = (saving && !document.hidden ? saving.then(save) : save()).finally(() => {
      if (saving === mine) saving = undefined;
    });
    saving = mine;
  };
  // Ctrl+Enter sends, or Cmd+Enter on a Mac.
  body.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit(find('.primary', form));
  });
  form.addEventListener('input', () => {
    count();
    if (saved) saved.textContent = '';
    clearTimeout(timer);
    timer = setTimeout(saveNow, saveAfterMs);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && timer) saveNow();
  });
  const address = location.pathname + location.search;
  const names = ['recipient', 'body', 'key', 'page', 'saves'];
  const cipher = cipherOf(body.dataset.tabKey);

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
    if (kept?.address !== address || (body.value !== '' && field('key').value !== kept.key)) return;
    // With its key, so that what has been sent already is not sent twice.
    for (const name of names) field(name).value = kept[name];
    form.dispatchEvent(new Event('input', { bubbles: true }));
  };
  void restore();

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
    await saving; // sending removes the draft: no earlier save may arrive after it
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
    clearTimeout(timer);
    timer = undefined;
    if (mayGo && !saving) {
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
