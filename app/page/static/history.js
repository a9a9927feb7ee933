// The history as it is served: new runs appear by themselves, older ones as they are wanted.
import { follow } from "./page.js";

const ROOT = document.body.dataset.root;
const MOST_BY_THEMSELVES = 10_000; // rows; more only if somebody asks for them
const live = document.getElementById("live");
const list = document.getElementById("list");
const older = document.getElementById("older");
let mark = live.dataset.mark;
let busy = false;

async function part(path) {
  const answer = await fetch(ROOT + path).catch(() => null);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

const changed = () => document.dispatchEvent(new Event("runs"));

async function more() {
  const found = await part(`history/rows?before=${encodeURIComponent(older.dataset.before)}`);
  const rows = found?.getElementById("rows");
  if (!rows) return false;
  older.dataset.before = rows.dataset.before;
  older.hidden = !rows.dataset.before;
  list.append(...rows.children);
  return true;
}

async function alone(work) {
  if (busy) return;
  busy = true;
  list.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    busy = false;
    list.setAttribute("aria-busy", "false");
  }
}

// A filter looks at all runs, not only at those that happen to be listed.
async function everything() {
  while (older.dataset.before && list.querySelectorAll("tbody tr").length < MOST_BY_THEMSELVES) {
    if (!(await more())) return;
    changed();
  }
}

function focusAgain(key) {
  if (key && !document.activeElement?.closest("main a"))
    document.querySelector(`main a[href="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  const fresh = await part("history");
  const overview = fresh?.getElementById("overview");
  if (!overview) return;
  const outcomes = (root) => [...root.querySelectorAll("[name=outcome]")].map((box) => box.value).join();
  if (outcomes(fresh) !== outcomes(document)) {
    location.reload();
    return;
  }
  mark = fresh.getElementById("live").dataset.mark;
  const focused = document.activeElement?.closest("main a")?.getAttribute("href");
  document.getElementById("overview").replaceChildren(...overview.childNodes);
  document.querySelector("form output").dataset.all = fresh.querySelector("form output").dataset.all;
  const select = document.querySelector("form select");
  const chosen = select.value;
  select.replaceChildren(...fresh.querySelector("form select").childNodes);
  select.value = chosen;
  for (const day of fresh.querySelectorAll("#list > [data-day]")) {
    const known = list.querySelector(`[data-day="${day.dataset.day}"]`);
    if (known) {
      day.open = known.open;
      known.replaceWith(day);
    } else {
      list.insertBefore(day, [...list.children].find((other) => other.dataset.day < day.dataset.day) ?? null);
    }
  }
  changed();
  focusAgain(focused);
}

if (list) {
  older.addEventListener("click", () => alone(async () => (await more()) && changed()));
  document.addEventListener("filtered", (event) => {
    if (event.detail.active) alone(everything);
  });
  if (location.hash.length > 1) alone(everything); // the filters were applied before this was here
}
follow(
  () => "history/mark",
  3,
  (answer) => {
    if (!answer || answer.mark === mark) return;
    if (list) alone(refresh);
    else location.reload();
  },
);
