/** The live page: reads `/v1/report`, follows `/v1/events`, shows both. It changes nothing in the plant. */
import { WORDS } from './words.js';
import { follow } from './stream.js';
import { el, put, seatPicture, ring } from './draw.js';

const $ = (id) => document.getElementById(id);
const TOKEN = 'cardmint.token';
const LANGUAGE = 'cardmint.language';
const EVENTS_SHOWN = 16;
/** However much happens, the report is read at most this often. */
const REPORT_MS = 700;
const ALARMS_MS = 5000;
let alarmsDue = 0;

const STAGES = [
  ['LINTED', ['LINTED']],
  ['BATCHED', ['BATCHED']],
  ['RELEASED', ['RELEASED']],
  ['CHIP', ['BLANK_BOUND', 'CHIP_OPENED', 'SOD_INTENT', 'SOD_SIGNED', 'WRITTEN', 'LOCKED', 'LOCK_VERIFIED']],
  ['PRINTED', ['PRINTED']],
  ['INSPECTED', ['INSPECTED']],
  ['PACKED', ['PACKED']],
  ['SHIPPED', ['SHIPPED']],
  ['RECEIVED', ['RECEIVED', 'HANDED_OVER']],
];
const ASIDE = ['IN_DOUBT', 'HOLD', 'SPOILED', 'DESTROYED', 'CANCELLED'];
const ACCOUNTS = [
  ['vault', 'tone-2'],
  ['line', 'tone-4'],
  ['good', 'tone-7'],
  ['spoiled', 'tone-gold'],
  ['destroyed', 'tone-red'],
];
const DONE = new Set(['INSPECTED', 'PACKED', 'SHIPPED', 'RECEIVED', 'HANDED_OVER']);

let language = localStorage.getItem(LANGUAGE) === 'en' ? 'en' : 'vi';
let report = null;
let events = [];
let leaving = new AbortController();
let liveState = 'off';
const words = () => WORDS[language];
const number = (value) => new Intl.NumberFormat(language === 'vi' ? 'vi-VN' : 'en-GB').format(value);
const clock = (at) => new Date(at).toLocaleTimeString(language === 'vi' ? 'vi-VN' : 'en-GB', { hour12: false });
const shortId = (id) => (/^[a-z]+-[0-9a-z]{26}$/.test(id) ? `${id.slice(0, 4)}…${id.slice(-6)}` : id);
const sum = (counts, states) => states.reduce((total, state) => total + (counts[state] ?? 0), 0);

function speak() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-i18n]')) node.textContent = words()[node.dataset.i18n];
  for (const node of document.querySelectorAll('[data-i18n-label]')) node.setAttribute('aria-label', words()[node.dataset.i18nLabel]);
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  showLive(liveState);
  showReport();
  showEvents();
}

function showLive(state) {
  liveState = state;
  const node = $('live');
  node.dataset.state = state;
  node.querySelector('span').textContent = words().live[state];
}

function showReport() {
  if (report === null) return;
  showMode();
  showFigures();
  showFlow();
  showSeats();
  showBooks();
  showBatches();
  showShipments();
}

function showMode() {
  const { line } = report;
  const mode = line?.mode ?? 'none';
  const node = $('line-mode');
  node.className = `pill ${{ running: 'good', held: 'warn', draining: 'warn', none: 'still' }[mode]}`;
  node.textContent = words().mode[mode] + (mode === 'held' && line.reason === 'recovery' ? ` · ${words().recovery}` : '');
}

function making() {
  const { cards } = report;
  const all = Object.values(cards).reduce((total, value) => total + value, 0);
  return all - sum(cards, ['SHIPPED', 'RECEIVED', 'HANDED_OVER', 'SPOILED', 'DESTROYED', 'CANCELLED', 'INSPECTED', 'PACKED']);
}

function showFigures() {
  const { figure } = words();
  const { cards, orders, stock } = report;
  const taken = Object.values(orders).reduce((total, value) => total + value, 0);
  const shipped = sum(cards, ['SHIPPED', 'RECEIVED', 'HANDED_OVER']);
  const received = sum(cards, ['RECEIVED', 'HANDED_OVER']);
  put(
    $('figures'),
    [
      [taken, figure.orders, orders.REFUSED > 0 ? `${number(orders.REFUSED)} ${figure.refused}` : '', ''],
      [making(), figure.making, '', ''],
      [stock.good, figure.good, '', stock.good > 0 ? 'good' : ''],
      [stock.spoiled + stock.destroyed, figure.spoiled, '', stock.spoiled > 0 ? 'warn' : ''],
      [shipped, figure.shipped, received > 0 ? `${number(received)} ${figure.received}` : '', ''],
    ].map(([value, label, more, tone]) =>
      el('div', { class: tone }, [el('dt', {}, [label]), el('dd', {}, [number(value), ...(more === '' ? [] : [el('small', {}, [more])])])]),
    ),
  );
}

function showFlow() {
  const { cards } = report;
  const { stage, state, aside } = words();
  const total = Object.values(cards).reduce((all, value) => all + value, 0);
  $('flow-note').textContent = words().total(number(total));
  bars($('flow-bar'), [
    ...STAGES.map(([, states], i) => [sum(cards, states), `tone-${i + 1}`]),
    [sum(cards, ['HOLD', 'IN_DOUBT']), 'tone-gold'],
    [sum(cards, ['SPOILED', 'DESTROYED']), 'tone-red'],
  ]);
  const before = new Map([...$('stages').querySelectorAll('[data-stage]')].map((node) => [node.dataset.stage, node.dataset.count]));
  const steps = STAGES.map(([name, states], i) => {
    const count = sum(cards, states);
    const parts = states.length > 1 ? states.filter((one) => cards[one] > 0).map((one) => `${number(cards[one])} ${state[one]}`) : [];
    const bumped = before.has(name) && before.get(name) !== String(count);
    return el('li', { class: `tone-${i + 1}${count === 0 ? ' empty' : ''}`, 'data-stage': name, 'data-count': String(count) }, [
      el('b', { class: bumped ? 'bump' : '' }, [number(count)]),
      el('span', {}, [stage[name]]),
      ...(parts.length > 0 && name === 'CHIP' ? [el('small', {}, [parts.join(', ')])] : []),
    ]);
  });
  const others = ASIDE.filter((name) => name === 'IN_DOUBT' || name === 'SPOILED' || cards[name] > 0).map((name) => {
    const count = cards[name] ?? 0;
    const tone = count === 0 ? '' : name === 'SPOILED' || name === 'DESTROYED' ? 'bad' : 'some';
    return el('p', { class: tone }, [el('span', {}, [aside[name]]), el('span', {}, [number(count)])]);
  });
  put($('stages'), [...steps, el('li', { class: 'aside' }, others)]);
}

function bars(node, parts) {
  // The same elements are kept, so that their widths can glide.
  while (node.children.length < parts.length) node.append(el('i', {}, []));
  parts.forEach(([value, tone], i) => {
    const part = node.children[i];
    part.className = tone;
    part.style.flexGrow = String(value);
    part.hidden = value === 0;
  });
}

function placeName(place) {
  const [kind, index] = place.split(':');
  return `${words().place[kind] ?? kind}${index === undefined ? '' : ` ${index}`}`;
}

function showSeats() {
  const seats = report.line?.seats ?? [];
  const busy = seats.filter((seat) => seat.doing !== 'idle' && seat.inService).length;
  $('seats-note').textContent = words().seatsNote(number(busy), number(seats.length));
  put(
    $('seats'),
    seats.map((seat) => {
      const working = seat.doing !== 'idle' && seat.inService;
      const doing = seat.inService ? (words().doing[seat.doing] ?? seat.doing) : words().outOfService;
      return el('li', { class: seat.inService ? (working ? 'busy' : '') : 'out', 'data-place': seat.place }, [
        seatPicture(seat.place.split(':')[0], working),
        el('strong', {}, [placeName(seat.place)]),
        el('span', { class: 'doing' }, [doing]),
        el('span', { class: 'what' }, [
          el('code', { title: seat.cardId ?? '' }, [seat.cardId === null ? '—' : shortId(seat.cardId)]),
          el('span', { 'data-since': seat.changedAt }, [since(seat.changedAt)]),
        ]),
      ]);
    }),
  );
}

function since(at) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return clock(at);
}

function showBooks() {
  const { stock } = report;
  const { account } = words();
  const mark = $('balanced');
  mark.className = `pill ${stock.balanced ? 'good' : 'bad'}`;
  mark.textContent = stock.balanced ? words().balanced : words().unbalanced;
  const term = (name, tone) => el('div', { class: tone }, [el('b', {}, [number(stock[name])]), el('span', {}, [account[name]])]);
  const sign = (text) => el('em', {}, [text]);
  put($('equation'), [
    term('received', 'plain'),
    sign('='),
    ...ACCOUNTS.flatMap(([name, tone], i) => [...(i === 0 ? [] : [sign('+')]), term(name, tone)]),
  ]);
  bars(
    $('books-bar'),
    ACCOUNTS.map(([name, tone]) => [stock[name], tone]),
  );
  const { ratio, good, spoiled, byReason } = report.yield;
  const percent = ratio === null ? '–' : `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(ratio * 100)}%`;
  put($('yield'), [
    ring(ratio ?? 0, percent),
    el('div', {}, [
      el('h3', {}, [words().yieldTitle]),
      el('p', {}, [ratio === null ? words().yieldNone : words().yieldText(number(good), number(good + spoiled))]),
      el(
        'ul',
        {},
        Object.entries(byReason).map(([reason, count]) => el('li', {}, [el('b', {}, [number(count)]), words().reason[reason] ?? reason])),
      ),
    ]),
  ]);
}

function showBatches() {
  const { column, batchState } = words();
  if (report.batches.length === 0) return put($('batches'), [none(3)]);
  return put($('batches'), [
    headings([[column.province], [column.progress], [column.state]]),
    el(
      'tbody',
      {},
      report.batches.map((batch) => {
        const all = Object.values(batch.cards).reduce((total, value) => total + value, 0);
        const lost = sum(batch.cards, ['SPOILED', 'DESTROYED', 'CANCELLED']);
        const done = Object.entries(batch.cards).reduce((total, [state, count]) => total + (DONE.has(state) ? count : 0), 0);
        const bar = el('div', { class: 'stack', 'aria-hidden': 'true' }, []);
        bars(bar, [
          [done, 'tone-7'],
          [Math.max(0, all - lost - done), 'tone-rule'],
        ]);
        return el('tr', {}, [
          el('td', {}, [batch.provinceName, el('small', { class: 'id', title: batch.batchId }, [shortId(batch.batchId)])]),
          el('td', {}, [bar, words().of(number(done), number(all - lost))]),
          el('td', {}, [
            el(
              'span',
              {
                class: `pill ${{ OPEN: 'warn', HELD: 'warn', RELEASED: '', SHIPPED: 'good', RECEIVED: 'good', PACKED: 'good' }[batch.state] ?? 'still'}`,
              },
              [batchState[batch.state] ?? batch.state],
            ),
            ...(batch.approvedBy.length > 0 ? [el('small', {}, [words().approvedBy(batch.approvedBy.join(', '))])] : []),
          ]),
        ]);
      }),
    ),
  ]);
}

function showShipments() {
  const { column, shipmentState } = words();
  const cases = $('cases');
  cases.hidden = report.openCases === 0;
  cases.textContent = words().cases(number(report.openCases));
  if (report.shipments.length === 0) return put($('shipments'), [none(4)]);
  return put($('shipments'), [
    headings([[column.province], [column.cards, 'number'], [column.sent], [column.state]]),
    el(
      'tbody',
      {},
      report.shipments.map((shipment) =>
        el('tr', {}, [
          el('td', {}, [
            shipment.provinceName,
            el('small', { class: 'id', title: shipment.consignmentId }, [shortId(shipment.consignmentId)]),
          ]),
          el('td', { class: 'number' }, [number(shipment.cards)]),
          el('td', {}, [shipment.shippedAt === null ? '—' : clock(shipment.shippedAt)]),
          el('td', {}, [
            el('span', { class: `pill ${{ RECEIVED: 'good', RECEIVED_WITH_CASE: 'warn', SHIPPED: '' }[shipment.state] ?? 'still'}` }, [
              shipmentState[shipment.state] ?? shipment.state,
            ]),
          ]),
        ]),
      ),
    ),
  ]);
}

function headings(columns) {
  return el('thead', {}, [
    el(
      'tr',
      {},
      columns.map(([text, tone]) => el('th', { scope: 'col', class: tone ?? '' }, [text])),
    ),
  ]);
}

function none(span) {
  return el('tbody', {}, [el('tr', {}, [el('td', { colspan: String(span), class: 'none' }, [words().nothing])])]);
}

function sentence(change) {
  const { event, state } = words();
  const known = event[change.what];
  if (known !== undefined) return known;
  const [room, rest = ''] = change.what.split('.');
  return room === 'card' && state[rest] !== undefined ? event.card(state[rest]) : change.what;
}

function tone(what) {
  if (/SPOILED|REFUSED|Failed|failed|spoiled|DESTROYED|CANCELLED/.test(what)) return 'tone-red';
  if (/DOUBT|HELD|held|HOLD|draining|outOf/.test(what)) return 'tone-gold';
  if (/INSPECTED|PACKED|SHIPPED|RECEIVED/.test(what)) return 'tone-7';
  return what.startsWith('card.') || what.startsWith('chip.') ? 'tone-4' : 'tone-2';
}

function showEvents() {
  const fresh = new Set([...$('events').children].map((node) => node.dataset.seq));
  if (events.length === 0) return put($('events'), [el('li', { class: 'none' }, [words().nothing])]);
  return put(
    $('events'),
    events.map((change) =>
      el('li', { 'data-seq': String(change.seq), class: fresh.size > 0 && !fresh.has(String(change.seq)) ? 'fresh' : '' }, [
        el('time', { datetime: change.at }, [clock(change.at)]),
        el('i', { class: tone(change.what), 'aria-hidden': 'true' }, []),
        el('span', {}, [sentence(change), ' ', el('code', { title: change.subject }, [shortId(change.subject)])]),
        el('span', { class: 'who' }, [change.who]),
      ]),
    ),
  );
}

let reading = false;
let wanted = false;
async function readReport(token) {
  wanted = true;
  if (reading) return;
  reading = true;
  while (wanted && !leaving.signal.aborted) {
    wanted = false;
    try {
      const answer = await fetch('/v1/report', {
        headers: { authorization: `Bearer ${token}` },
        signal: leaving.signal,
        cache: 'no-store',
      });
      if (answer.ok) {
        report = await answer.json();
        showReport();
        $('notice').hidden = true;
      } else if (answer.status === 503) showAway();
      await readAlarms();
    } catch {
      // The stream says that we are cut off, and asks again when we are back.
    }
    await new Promise((resolve) => setTimeout(resolve, REPORT_MS));
  }
  reading = false;
}

/** What signs the cards may work and still want a person's eyes: a token that is out, spares that run low. */
async function readAlarms() {
  if (performance.now() < alarmsDue) return;
  alarmsDue = performance.now() + ALARMS_MS;
  const answer = await fetch('/readyz', { signal: leaving.signal, cache: 'no-store' });
  const { dependencies } = await answer.json();
  const alarms = dependencies.token?.alarms ?? [];
  const { alarm } = words();
  $('alarms').hidden = alarms.length === 0;
  $('alarms').textContent = alarms.map(({ code, subject }) => `${alarm[code] ?? alarm.token}: ${subject.slice(0, 20)} (${code})`).join(' · ');
}

function showAway() {
  $('notice').textContent = words().away;
  $('notice').hidden = false;
}

let drawing = false;
function hear(token, name, data) {
  if (name === 'change') {
    events = [data, ...events].slice(0, EVENTS_SHOWN);
    if (!drawing) {
      drawing = true;
      requestAnimationFrame(() => {
        drawing = false;
        showEvents();
      });
    }
    void readReport(token);
  } else if (name === 'seats') {
    if (report?.line) {
      report.line.seats = data.seats;
      showSeats();
    }
  } else if (name === 'away') showAway();
  else void readReport(token);
}

async function open(token) {
  const answer = await fetch('/v1/report', { headers: { authorization: `Bearer ${token}` }, cache: 'no-store' });
  if (answer.status === 401) throw new Error(words().tokenWrong);
  if (answer.status === 403) throw new Error(words().tokenForbidden);
  sessionStorage.setItem(TOKEN, token);
  if (answer.ok) report = await answer.json();
  else showAway();
  $('enter').hidden = true;
  $('plant').hidden = false;
  $('leave').hidden = false;
  events = [];
  showReport();
  showEvents();
  leaving = new AbortController();
  void follow('/v1/events', {
    token,
    signal: leaving.signal,
    lastId: report === null ? undefined : Math.max(0, report.seq - EVENTS_SHOWN),
    on: (name, data) => hear(token, name, data),
    state(state) {
      if (state === 401 || state === 403) leave();
      else showLive(state);
      if (state === 'on') void readReport(token);
    },
  });
}

function leave() {
  leaving.abort();
  sessionStorage.removeItem(TOKEN);
  report = null;
  events = [];
  $('plant').hidden = true;
  $('leave').hidden = true;
  $('line-mode').textContent = '';
  $('enter').hidden = false;
  showLive('off');
  $('token').focus();
}

async function enter() {
  $('enter-error').textContent = '';
  try {
    await open($('token').value.trim());
    $('token').value = '';
    $('content').focus({ preventScroll: true });
  } catch (error) {
    $('enter-error').textContent = error.message;
    $('token').focus();
  }
}
$('enter').addEventListener('submit', (submit) => {
  submit.preventDefault();
  void enter();
});
$('leave').addEventListener('click', leave);
for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => {
    language = button.dataset.language;
    localStorage.setItem(LANGUAGE, language);
    speak();
  });
}
setInterval(() => {
  $('clock').textContent = clock(Date.now());
  for (const node of document.querySelectorAll('[data-since]')) node.textContent = since(node.dataset.since);
}, 1000);
// Read out seldom, and whole: a screen reader is not to be flooded by a running line.
setInterval(() => {
  if (report === null) return;
  const text = words().spoken(number(report.stock.good), number(making()), report.stock.balanced);
  if ($('spoken').textContent !== text) $('spoken').textContent = text;
}, 10_000);

speak();
const kept = sessionStorage.getItem(TOKEN);
if (kept === null) $('enter').hidden = false;
else
  open(kept).catch(() => {
    sessionStorage.removeItem(TOKEN);
    $('enter').hidden = false;
  });
