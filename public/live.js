// Live pages: the unread count and the lists follow changes made elsewhere. Everything works without it.
// @ts-check

/** @type {(selector: string, within?: ParentNode) => any} */
const find = (selector, within = document) => within.querySelector(selector);
/** @type {(selector: string, within?: ParentNode) => any[]} */
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

const main = find('main');
const news = find('[data-news]');
/** The newest message that this page has shown. */
let seen = news?.dataset.seen;
/** What stays in sight below a conversation that shows arrivals: the answer box. */
const dock = news?.dataset.with && find('.dock');
/** The kind of list that it shows, if any. */
const { list } = main.dataset;

// The server's heartbeat (src/mailbox/live/streams.ts).
const beatMs = 25_000;
const retryMs = 20_000;
// A router that drops one connection drops all, and the browser tries its kept ones, one after the other.
const openMs = 5000;
const quickTries = 6;
// How long a response to a form may take.
const answerMs = 15_000;
const checkMs = 2500;
// Lets the server recognize a dead connection of this page.
const page = Math.random().toString(36).slice(2);
let at = Number(main.dataset.at);
let isStale = false;
let isOver = false;
let isResting = true; // until somebody looks at it
let deadline = 0;
let tries = 0;
/** @type {EventSource | undefined} */
let events;

/** @param {number} ms until the next event is due */
const expect = (ms) => (deadline = performance.now() + ms);
const hangUp = () => events?.close();

function listen() {
  if (!document.hidden) isResting = false;
  if (isOver || isResting || (events && events.readyState !== EventSource.CLOSED)) return;
  const query = new URLSearchParams({ page });
  if (seen) query.set('seen', seen);
  for (const name of ['of', 'with']) if (news?.dataset[name]) query.set(name, news.dataset[name]);
  if (list) for (const [name, value] of Object.entries({ list, at })) query.set(name, value);
  const stream = (events = new EventSource(`/events?${query}`));
  expect(tries++ < quickTries ? openMs : retryMs);
  /** @type {(name: string, act: (data: any) => void) => void} */
  const on = (name, act) =>
    stream.addEventListener(name, (/** @type {any} */ { data }) => {
      tries = 0;
      expect(2 * beatMs - checkMs);
      act(data && JSON.parse(data));
    });
  on('open', () => {});
  stream.addEventListener('error', () => expect(retryMs));
  on('beat', (beat) => {
    if (isStale) void refresh();
    else at = Math.max(at, beat.at);
  });
  on('mailbox', (state) => {
    showNews(state);
    isStale ||= state.isStale;
    if (isStale) void refresh();
  });
  // Too many pages are open: this one reconnects when it is shown.
  on('paused', () => {
    isResting = true;
    hangUp();
  });
  // Nothing private stays on the screen, except a text being written: once sent, the login page preserves it.
  on('signed-out', () => {
    isOver = true;
    hangUp();
    const isTyped = (/** @type {any} */ field) =>
      field.type !== 'checkbox' && field.value !== field.defaultValue;
    if (!findAll('textarea, input').some(isTyped)) {
      location.reload();
      return;
    }
    const line = document.createElement('p');
    line.className = 'flash';
    line.setAttribute('role', 'status');
    line.textContent = 'You were logged out. Your text stays here: send it, and log in then.';
    main.prepend(line);
  });
}

function listenAnew() {
  hangUp();
  listen();
}

if ('EventSource' in window) {
  listen();
  // Browsers reconnect when a stream ends, but give up when a restarting site refuses them, and do not notice a
  // connection that died in a router or while the machine slept.
  setInterval(() => performance.now() > deadline && listenAnew(), checkMs);
  addEventListener('online', listenAnew);
  // A response that ends the session is shown, and not overtaken by the event that says so. After a download, this page
  // stays and reconnects a little later.
  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    hangUp();
    expect(answerMs);
  });
  addEventListener('pagehide', hangUp);
  addEventListener('pageshow', listen);
  // A page shown again is updated, whatever the state of the connection.
  document.addEventListener('visibilitychange', () => document.hidden || listenAnew());
}

/** @param {{ unread: number, fresh: number }} state */
function showNews({ unread, fresh }) {
  const words = unread > 99 ? '99+' : String(unread);
  const badge = find('[data-unread]');
  const number = find('[data-count]');
  badge.hidden = unread === 0;
  if (number.textContent !== words) number.textContent = words;
  document.title = (unread > 0 ? `(${words}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '');
  if (!news) return;
  if (dock && fresh > 0 && isAtEnd()) return showArrivals();
  news.hidden = fresh === 0;
  const line = fresh === 1 ? '1 new message' : `${fresh > 99 ? '99+' : fresh} new messages`;
  if (fresh > 0 && find('a', news).textContent !== line) find('a', news).textContent = line;
}

/** @type {Promise<void> | undefined} */
let refreshing;

/** Fetches this page again and applies the changes of its list. One at a time, while the page is visible. */
async function refresh() {
  await refreshing;
  if (!isStale || refreshing || document.hidden) return;
  refreshing = (async () => {
    isStale = false;
    const isReading = wantsArrivals;
    const loaded = await loadPage(location.href, isReading ? {} : { 'X-Refresh': '1' });
    const now = loaded && find('main[data-list]', loaded);
    isStale ||= !now; // then with the next word
    if (!now) return;
    at = Number(now.dataset.at);
    if (isReading) takeArrivals(now);
    else inPlace(() => takeOver(now));
    document.dispatchEvent(new Event('list'));
  })();
  await refreshing;
  refreshing = undefined;
}

// A conversation shows what arrives, and so marks it as read, while its reader is at the end; others get a link.
let wantsArrivals = false;
const lines = () => findAll('.conversation > li', main);

function isAtEnd() {
  const last = lines().at(-1);
  return !document.hidden && (!last || last.getBoundingClientRect().bottom < topOf(dock) + 48);
}
const topOf = (/** @type {Element} */ element) => element.getBoundingClientRect().top;

function showArrivals() {
  wantsArrivals = isStale = true;
  void refresh();
}

/** @param {any} now the page, which was read */
function takeArrivals(now) {
  const known = new Set(lines());
  wantsArrivals = false;
  takeOver(now, true);
  seen = idOf(lines().at(-1)) || seen;
  news.hidden = true;
  const first = lines().find((line) => !known.has(line));
  if (first) showEnd(first);
}

/** Scrolls to the end, or only so far that this line can be read from its beginning. @param {Element} [first] */
function showEnd(first) {
  const last = lines().at(-1);
  if (!last) return;
  const down = last.getBoundingClientRect().bottom + 16 - topOf(dock);
  scrollBy(0, Math.max(0, first ? Math.min(down, topOf(first) - 16) : down));
}

if (dock) {
  // The answer box is always in sight: whoever comes to answer sees what was written last.
  if (['#reply', '#body'].includes(location.hash)) showEnd();
  news.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    showArrivals();
  });
  addEventListener('scroll', () => news.hidden || !isAtEnd() || showArrivals(), { passive: true });
}

const rowsOf = (/** @type {ParentNode} */ within) => findAll('.messages > li, .conversation > li', within);

/** Changes the list, keeping focus and scroll position. @param {() => void} change */
function inPlace(change) {
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  const rows = rowsOf(main);
  const index = rows.findIndex((row) => row.contains(focused));
  const hasFocus = main !== focused && main.contains(focused);
  const inView = [...(hasFocus ? [focused] : []), ...rows]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.bottom > 0 && box.top < innerHeight);
  change();
  const kept = inView.find(({ element }) => element.isConnected);
  if (kept) scrollBy(0, kept.element.getBoundingClientRect().top - kept.box.top);
  if (!hasFocus || focused.isConnected) return;
  const left = rows.slice(Math.max(index, 0)).concat(rows.slice(0, Math.max(index, 0)).toReversed());
  const next = left.find((row) => row.isConnected);
  ((next && find('a', next)) ?? main).focus({ preventScroll: true });
}

/** The parts of a page with a list, in their order. */
const parts = ['.empty', '.note', '#selected', '.messages', '.conversation', '.bulk', '.pages', '.more'];

/** @param {any} now this page's content as it is now @param {boolean} hasArrivals whether it is read */
function takeOver(now, hasArrivals = false) {
  const ids = rowsOf(now).map(idOf).sort();
  // New arrivals are announced (showNews), and not read yet.
  if (!hasArrivals) for (const row of rowsOf(now)) if (isArrival(row)) keepAsItWas(row);
  if (ids.length > 0 && rowsOf(main).length + rowsOf(now).length === 0) return;
  const upTo = find('[name=upTo]', now);
  if (upTo?.value > seen) upTo.value = seen;
  // Rows that only moved to the next page stay.
  const mayGo = (/** @type {Element} */ row) =>
    !(idOf(row) < (ids[0] ?? '') && find('[rel=next]', now)) &&
    !(idOf(row) > (ids.at(-1) ?? '') && find('[rel=prev]', now));
  let last = findAll(':scope > .title, :scope > .news, :scope > h1', main).at(-1);
  for (const selector of parts) {
    const [own, part] = [main, now].map((content) => find(`:scope > ${selector}`, content));
    if (!own && part) last.after(part);
    else if (own && !part) own.remove();
    else if (own?.matches('.messages')) merge(own, part, idOf, takeOverRow, mayGo);
    else if (own?.matches('.conversation')) merge(own, part, idOf, () => {}, mayGo);
    else if (own && !own.matches('.bulk')) takeOverPiece(own, part);
    last = find(`:scope > ${selector}`, main) ?? last;
  }
}

/** Of a conversation: what is unread. @param {HTMLElement} row */
function isArrival(row) {
  if (dock) return row.dataset.new === '';
  return row.dataset.new === '' || (idOf(row) > seen && row.dataset.own !== '');
}

/** In the list of conversations the row of the same person stays. @param {HTMLElement} row */
function keepAsItWas(row) {
  const person = row.dataset.id && find('a', row)?.getAttribute('href');
  const own = person && rowsOf(main).find((other) => find('a', other)?.getAttribute('href') === person);
  const all = row.parentElement;
  row.remove();
  if (!own || !all) return;
  const below = findAll(':scope > li', all).find((other) => idOf(other) < idOf(own));
  all.insertBefore(own.cloneNode(true), below ?? null);
}

/** @param {Element} own @param {Element} now */
function takeOverRow(own, now) {
  own.className = now.className;
  merge(own, now, (piece) => piece.classList[0] ?? '', takeOverPiece);
}

/** @param {Element} own @param {Element} now */
function takeOverPiece(own, now) {
  if (!own.matches('.tick') && meaningOf(own) !== meaningOf(now)) own.replaceWith(now);
}

/**
 * Makes the children of one element those of another, keeping common ones.
 * @param {Element} own @param {Element} now @param {(child: Element) => string} keyOf
 * @param {(own: Element, now: Element) => void} update @param {(child: Element) => boolean} mayGo
 */
function merge(own, now, keyOf, update, mayGo = () => true) {
  const kept = new Map([...own.children].map((child) => [keyOf(child), child]));
  /** @type {Element | undefined} */
  let last;
  for (const child of findAll(':scope > *', now)) {
    const key = keyOf(child);
    const mine = kept.get(key);
    kept.delete(key);
    if (mine) update(mine, child);
    else if (last) last.after(child);
    else own.prepend(child);
    last = mine?.isConnected ? mine : child;
  }
  for (const child of kept.values()) if (mayGo(child)) child.remove();
}

/** The id of a row's message, last message or draft. @param {any} row @returns {string} */
function idOf(row) {
  if (!row || row.dataset.id) return row?.dataset.id ?? '';
  return /[\da-f-]{36}/.exec(find('a', row)?.href)?.[0] ?? '';
}

/** A copy without what differs each time: relative times and form tokens. @param {Element} element */
function meaningOf(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  for (const other of findAll('.away, [name=_csrf]', copy)) other.remove();
  for (const time of findAll('time', copy)) time.textContent = time.title = '';
  return copy.outerHTML;
}
