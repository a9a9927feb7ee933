// The check: begun by a button, its findings as they come.
import { get, post } from "./page.js";

const words = document.getElementById("check").dataset;
const go = document.getElementById("go");
const copy = document.getElementById("copy");
const status = document.getElementById("status");
const summary = document.getElementById("summary");
const table = document.getElementById("findings");
const body = table.tBodies[0];
const text = document.getElementById("text");
const TAGS = { ok: "good", warning: "warn", error: "bad", skipped: "" };
const NOTES = { ok: "good", warning: "", error: "bad" };

function element(name, content = "", className = "") {
  const made = document.createElement(name);
  made.textContent = content;
  if (className) made.className = className;
  return made;
}

function row(found) {
  const made = element("tr", "", found.level);
  const state = element("td");
  state.append(element("span", found.word, `tag ${TAGS[found.level]}`));
  const title = element("th", found.title);
  title.scope = "row";
  const finding = element("td");
  finding.append(element("p", found.message));
  if (found.remedy) finding.append(element("p", found.remedy, "remedy"));
  made.append(state, title, finding);
  return made;
}

function show(state) {
  if (!state?.begun) return;
  while (body.rows.length > state.rows.length) body.lastChild.remove();
  for (const found of state.rows.slice(body.rows.length)) body.append(row(found));
  table.hidden = !state.rows.length;
  go.disabled = state.going_on;
  go.textContent = words.again;
  copy.hidden = summary.hidden = state.going_on;
  status.textContent = state.going_on
    ? words.going.replace("{number}", state.rows.length)
    : words.at.replace("{time}", state.time);
  if (state.going_on) return;
  summary.textContent = state.summary;
  summary.className = `note ${NOTES[state.level]}`;
  text.textContent = state.text;
}

async function watch(state) {
  show(state);
  while (state?.going_on) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    state = await get("check/state");
    show(state);
  }
  if (!state) {
    go.disabled = false;
    status.textContent = words.lost;
  }
}

async function run() {
  go.disabled = true;
  body.replaceChildren();
  text.hidden = true;
  watch((await post("check/run")).value);
}

go.addEventListener("click", run);
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(text.textContent);
    status.textContent = words.copied;
  } catch {
    // Without the right to write there, it can be selected and copied by hand.
    text.hidden = false;
    getSelection().selectAllChildren(text);
    text.focus();
  }
});
const before = await get("check/state");
if (before?.begun) watch(before);
else if (location.hash === "#run") run();
