// What pages can do better with JavaScript. Everything works without it.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);
/** @type {(selector: string, within?: ParentNode) => any[]} */
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// Times: as the server says them, kept current, and exact in the reader's own time zone.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

/** @param {Date} then */
function timeAgo(then) {
  const minutes = Math.floor((Date.now() - then.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return relative.format(-minutes, 'minute');
  if (minutes < 1440) return relative.format(-Math.floor(minutes / 60), 'hour');
  if (minutes < 7 * 1440) return relative.format(-Math.floor(minutes / 1440), 'day');
  return dayOnly.format(then);
}

function showTimes() {
  for (const time of findAll('time')) {
    const then = new Date(time.dateTime);
    time.title = exact.format(then);
    time.textContent = timeAgo(then);
  }
}
showTimes();
setInterval(showTimes, 60_000);

// Questions, only before what cannot be undone.
document.addEventListener('submit', (event) => {
  const question =
    event.submitter?.dataset.confirm ?? /** @type {HTMLElement} */ (event.target).dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// Letters: how much room is left, and a draft that saves itself.
const saveAfterMs = 3000;
for (const form of findAll('form[data-letter]')) {
  const body = form.elements.namedItem('body');
  const left = find('[data-left]', form);
  const saved = find('[data-saved]', form);
  const limit = Number(body.dataset.limit);
  const hint = left?.textContent ?? '';

  const count = () => {
    const room = limit - Array.from(body.value).length;
    if (!left) return;
    left.textContent =
      room < 0 ? `${-room} characters too many` : room <= 1000 ? `${room} characters left` : hint;
    left.classList.toggle('error', room < 0);
  };
  count();

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let request = new AbortController();
  const save = async () => {
    request = new AbortController();
    const fields = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const options = {
      method: 'POST',
      body: fields,
      headers: { Accept: 'application/json' },
      signal: request.signal,
    };
    const answer = await fetch('/drafts', options).catch(() => undefined);
    if (saved && !request.signal.aborted)
      saved.textContent = answer?.ok ? 'Saved' : 'Not saved: your words are only on this page';
  };
  form.addEventListener('input', () => {
    count();
    if (saved) saved.textContent = '';
    clearTimeout(timer);
    timer = setTimeout(save, saveAfterMs);
  });
  // Sending removes the draft: nothing may bring it back.
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    request.abort();
  });
}

// Lists: all at once, and from here to there with the shift key.
const ticks = findAll('.tick input');
const all = find('[data-all]');
if (all && ticks.length > 0) {
  all.closest('.all').hidden = false;
  const review = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    all.checked = ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  };
  all.addEventListener('change', () => {
    for (const tick of ticks) tick.checked = all.checked;
  });
  let last = -1;
  for (const [index, tick] of ticks.entries()) {
    tick.addEventListener('click', (/** @type {MouseEvent} */ event) => {
      if (event.shiftKey && last >= 0) {
        for (const between of ticks.slice(Math.min(last, index), Math.max(last, index) + 1))
          between.checked = tick.checked;
      }
      last = index;
      review();
    });
  }
}

// Keys. They are off while somebody types, and for good for those who switch them off.
const rows = findAll('[data-list] > li');
const isOff = () => localStorage.getItem('keys') === 'off';
const current = () => rows.findIndex((row) => row.contains(document.activeElement));

/** @param {number} step */
function move(step) {
  const next = Math.min(Math.max(current() + step, 0), rows.length - 1);
  find('.from a', rows[next])?.focus();
}

/** Presses a button of the row that has the focus, or of the message that is shown. @param {string} end how its form's address ends */
function press(end) {
  const scope = rows[current()] ?? find('[data-message]');
  find(`form[action$="${end}"] button`, scope ?? undefined)?.click();
}

/** @type {Record<string, [words: string, act: () => void]>} */
const keys = {
  c: ['Write a message', () => location.assign('/send')],
  '/': ['Search', () => (find('#q') ?? { focus: () => location.assign('/search') }).focus()],
  j: ['Next in the list', () => move(1)],
  k: ['Previous in the list', () => move(current() < 0 ? 0 : -1)],
  '#': ['Delete', () => press('/delete')],
  u: ['Mark unread', () => (rows[current()] ? markRow('unread') : press('/unread'))],
  '?': ['Show these keys', () => help.showModal()],
};

/** Ticks the row that has the focus, and no other, and presses a button for what is ticked. @param {string} action */
function markRow(action) {
  for (const tick of ticks) tick.checked = rows[current()]?.contains(tick) ?? false;
  find(`#selected [value="${action}"]`)?.click();
}

const help = document.createElement('dialog');
help.setAttribute('aria-labelledby', 'keys-title');
help.innerHTML = `<h2 id="keys-title">Keyboard shortcuts</h2><dl></dl>
  <label><input type="checkbox"> Use shortcuts</label><form method="dialog"><button>Close</button></form>`;
for (const [key, [words]] of Object.entries(keys)) {
  const [name, meaning] = [document.createElement('dt'), document.createElement('dd')];
  name.textContent = key;
  meaning.textContent = words;
  find('dl', help)?.append(name, meaning);
}
const use = find('input', help);
use.checked = !isOff();
use.addEventListener('change', () => localStorage.setItem('keys', use.checked ? 'on' : 'off'));

if (document.body.dataset.user) {
  const open = document.createElement('button');
  open.type = 'button';
  open.className = 'quiet';
  open.textContent = 'Keyboard shortcuts';
  open.addEventListener('click', () => help.showModal());
  const foot = document.createElement('footer');
  foot.className = 'site foot';
  foot.append(open, help);
  document.body.append(foot);

  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping =
      target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox])');
    if (isTyping || isOff() || help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    key[1]();
  });
}

// News: how many are unread, and how many came since this page was made. Nothing moves; the line lies over the page.
const news = find('[data-news]');
if (document.body.dataset.user && 'EventSource' in window) {
  const seen = news?.dataset.seen;
  const events = new EventSource(seen ? `/events?seen=${seen}` : '/events');
  events.addEventListener('mailbox', (event) => {
    const { unread, fresh } = JSON.parse(event.data);
    const words = unread > 99 ? '99+' : String(unread);
    const badge = find('[data-unread]');
    const number = find('[data-count]');
    if (badge && number) {
      badge.hidden = unread === 0;
      if (number.textContent !== words) number.textContent = words;
    }
    document.title = (unread > 0 ? `(${words}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '');
    const link = news && find('a', news);
    if (news && link && fresh > 0) {
      link.textContent = fresh === 1 ? '1 new message' : `${fresh > 99 ? '99+' : fresh} new messages`;
      news.hidden = false;
    }
  });
  events.addEventListener('signed-out', () => events.close());
  addEventListener('pagehide', () => events.close());
}
