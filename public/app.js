// Progressive enhancement for all pages; everything works without it.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);
/** @type {(selector: string, within?: ParentNode) => any[]} */
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

/** @param {string} name @param {object} properties @param {...(Node | string)} children @returns {any} */
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/**
 * Fetches a page of ours as a document; undefined on failure. The browser parses it: no script here turns text into
 * HTML, so that the server can forbid it (Trusted Types). Also used by the other scripts.
 * @param {string} address @param {Record<string, string>} [headers] @returns {Promise<Document | undefined>}
 */
function loadPage(address, headers = {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('GET', address);
    request.responseType = 'document';
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.onloadend = () => resolve((request.status === 200 && request.responseXML) || undefined);
    request.send();
  });
}
Object.assign(window, { loadPage });

// Keeps relative times current, and shows exact ones in the reader's time zone: the account's, or the browser's, which
// a cookie sends to the server. Times count from the server's clock, because this one may be wrong.
const { now: madeAt, zone, zoneCookie } = document.body.dataset;
const ahead = Date.now() - Number(madeAt);
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const timeZone = zone ?? ownZone;
if (ownZone && !document.cookie.includes(`${zoneCookie}=${encodeURIComponent(ownZone)}`)) {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${zoneCookie}=${encodeURIComponent(ownZone)}; Path=/; SameSite=Lax; Max-Age=31536000${secure}`;
}
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone });
const dayOnly = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone,
});
const dayParts = new Intl.DateTimeFormat('en-CA', { timeZone });

/** A number for each day in the time zone. @param {number} at */
const dayNumber = (at) => Date.parse(dayParts.format(at)) / 86_400_000;

/** @param {Date} then */
function timeAgo(then) {
  const serverNow = Date.now() - ahead;
  const minutes = Math.floor((serverNow - then.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return relative.format(-minutes, 'minute');
  const days = dayNumber(serverNow) - dayNumber(then.getTime());
  if (days === 0) return relative.format(-Math.floor(minutes / 60), 'hour');
  if (days < 7) return relative.format(-days, 'day');
  return dayOnly.format(then);
}

function showTimes() {
  for (const time of findAll('time')) {
    const then = new Date(time.dateTime);
    const isExact = 'exact' in time.dataset;
    if (!isExact) time.title = exact.format(then);
    time.textContent = isExact ? exact.format(then) : timeAgo(then);
  }
}
showTimes();
setInterval(showTimes, 60_000);

// Confirmation before anything that cannot be undone. Without it, a page of the server asks.
document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question) return;
  if (!confirm(question)) event.preventDefault();
  else form.addEventListener('formdata', ({ formData }) => formData.set('confirmed', 'yes'), { once: true });
});

// A text kept in this tab (writing.js) goes with its writer.
document.addEventListener('submit', (event) => {
  if (/** @type {HTMLElement} */ (event.target).matches('[action="/logout"]')) tabSetting('unsent', '');
});

// The second half of a double click is ignored: it would abort the response to the first, and with it a new cookie.
/** @type {WeakMap<EventTarget, number>} */
const sentAt = new WeakMap();
document.addEventListener('submit', (event) => {
  if (event.defaultPrevented) return;
  const pressed = event.submitter ?? /** @type {HTMLElement} */ (event.target);
  if (event.timeStamp - (sentAt.get(pressed) ?? -Infinity) < 1000) event.preventDefault();
  else sentAt.set(pressed, event.timeStamp);
});

// Lists: tick all, and ranges with the shift key. Rows come and go (live.js).
const ticks = () => findAll('.tick input');
function review() {
  const all = find('[data-all]');
  if (!all) return;
  const ticked = ticks().filter((tick) => tick.checked).length;
  all.closest('.all').hidden = ticks().length === 0;
  all.checked = ticked > 0 && ticked === ticks().length;
  all.indeterminate = ticked > 0 && !all.checked;
}
review(); // browsers keep ticks when a page is loaded again
document.addEventListener('list', () => {
  review();
  showTimes();
});
/** @type {HTMLInputElement | undefined} */
let lastTick;
document.addEventListener('click', (event) => {
  const tick = /** @type {HTMLInputElement} */ (event.target);
  if (tick.matches('[data-all]')) for (const each of ticks()) each.checked = tick.checked;
  if (!tick.matches('.tick input')) return;
  const [from, to] = [ticks().indexOf(lastTick), ticks().indexOf(tick)];
  if (event.shiftKey && from >= 0)
    for (const between of ticks().slice(Math.min(from, to), Math.max(from, to) + 1))
      between.checked = tick.checked;
  lastTick = tick;
  review();
});

// After a change, the focus is where the list is shown again (src/web/anchors.ts).
if (/^#m[\da-f]{12}$/.test(location.hash)) {
  find(`${location.hash} .from a`)?.focus();
  history.replaceState(null, '', location.pathname + location.search);
}

// An error page that tries again by itself; not all at the same moment.
const reloads = find('[data-reloads]');
if (reloads)
  setTimeout(() => location.reload(), Number(reloads.dataset.reloads) * (800 + Math.random() * 400));

// Keyboard shortcuts: off while typing, and permanently if switched off.
const rows = () => findAll('.messages > li');
/** The setting in this browser's storage, if allowed. @param {string} [value] */
function keysSetting(value) {
  try {
    if (value) localStorage.setItem('keys', value);
    return localStorage.getItem('keys') ?? 'on';
  } catch {
    return value ?? 'on';
  }
}
/** A note for the next page in this tab. @param {string} name @param {string} [value] */
function tabSetting(name, value) {
  try {
    if (value) sessionStorage.setItem(name, value);
    else if (value === '') sessionStorage.removeItem(name);
    return sessionStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}
let isOff = keysSetting() === 'off';
const current = () => rows().findIndex((row) => row.contains(document.activeElement));

/** @param {number} step */
function move(step) {
  const next = rows()[Math.min(Math.max(current() + step, 0), rows().length - 1)];
  if (next) find('.from a', next).focus();
}

/** Presses a button of the focused row or of the shown message. @param {string} end how its address ends */
function press(end) {
  const scope = rows()[current()] ?? find('[data-actions]');
  if (scope) find(`[formaction$="${end}"], form[action$="${end}"] button, [name=only]`, scope)?.click();
}

// What somebody types into a page that is not there yet, such as an answer, is no shortcut: while a page is being left,
// and on the next one until the keys have rested.
const leaveMs = 5000; // a download begins like a new page, but this one stays
const restMs = 500;
const isForWriting = find('form[data-message]') && !find('[data-actions]');
let quietUntil = isForWriting || tabSetting('typing') ? performance.now() + restMs : 0;
tabSetting('typing', '');
let leftAt = -Infinity;
addEventListener('beforeunload', () => (leftAt = performance.now()));
addEventListener('pageshow', () => (leftAt = -Infinity));

/** Whether a key belongs to such a text. */
function isTypedAhead() {
  const now = performance.now();
  const isLeaving = now - leftAt < leaveMs;
  if (isLeaving) tabSetting('typing', 'yes');
  if (!isLeaving && now >= quietUntil) return false;
  quietUntil = now + restMs;
  return true;
}

/** @type {Record<string, [words: string, act: () => void]>} */
const keys = {
  c: ['Write a message', () => location.assign('/send')],
  r: ['Reply', () => find('.answer textarea')?.focus()],
  '/': ['Search', () => (find('#q') ?? { focus: () => location.assign('/search') }).focus()],
  j: ['Next in the list', () => move(1)],
  k: ['Previous in the list', () => move(current() < 0 ? 0 : -1)],
  '#': ['Delete', () => press('/delete')],
  u: ['Mark unread', () => (rows()[current()] ? markRow('unread') : press('/unread'))],
  '?': ['Show these keys', () => help.showModal()],
};

/**
 * Whether no modifier is held except those the character may need: on some keyboards # takes Alt, or AltGr, which
 * Windows reports as Ctrl and Alt. Letters need none. @param {KeyboardEvent} event
 */
function isAlone(event) {
  const isAltGr = event.getModifierState('AltGraph');
  if (event.metaKey || (event.ctrlKey && !isAltGr)) return false;
  return !(event.altKey || isAltGr) || !/^[a-z]$/i.test(event.key);
}

/** Ticks only the focused row, and presses a button of the selection. @param {string} action */
function markRow(action) {
  for (const tick of ticks()) tick.checked = rows()[current()]?.contains(tick) ?? false;
  find(`.bulk [value="${action}"]`)?.click();
}

const help = document.createElement('dialog');
help.setAttribute('aria-labelledby', 'keys-title');
const use = element('input', { type: 'checkbox' });
help.append(
  element('h2', { id: 'keys-title' }, 'Keyboard shortcuts'),
  element(
    'dl',
    {},
    ...Object.entries(keys).flatMap(([key, [words]]) => [element('dt', {}, key), element('dd', {}, words)]),
  ),
  element('label', {}, use, ' Use shortcuts'),
  element('form', { method: 'dialog' }, element('button', { autofocus: true }, 'Close')),
);
use.checked = !isOff;
use.addEventListener('change', () => {
  isOff = !use.checked;
  keysSetting(isOff ? 'off' : 'on');
});

if (document.body.dataset.user) {
  const open = element('button', { type: 'button', className: 'quiet' }, 'Keyboard shortcuts');
  open.addEventListener('click', () => help.showModal());
  find('.foot').append(open);
  document.body.append(help);

  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping =
      target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox])');
    if (isTyping || isOff || help.open || event.isComposing || !isAlone(event)) return;
    if (event.key.length !== 1 || isTypedAhead()) return;
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    key[1]();
  });
}
