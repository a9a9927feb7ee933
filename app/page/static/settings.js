// The settings' form: what was typed stays until it is saved; the robot says what is wrong with it.

import { follow, get, post } from "./page.js";

const ROOT = document.body.dataset.root;
const form = document.getElementById("form");
const told = document.getElementById("told");
const taken = new Map(); // by key: true once its field is to be taken out of the file
let before = new Map(); // by key: what the form's controls held when it was made
let touched = new Set();
let attempted = false;
let asked = 0;

const fields = () => [...document.querySelectorAll(".field")];
const field = (key) => document.querySelector(`.field[data-key="${key}"]`);
const control = (of) => of.querySelector("input, select");
const value = (of) => (control(of).type === "checkbox" ? String(control(of).checked) : control(of).value);
const part = (of, name) => document.getElementById(`f-${of.dataset.key}-${name}`);

function text(tag, words, className = "") {
  const made = document.createElement(tag);
  made.textContent = words;
  if (className) made.className = className;
  return made;
}

function sentence({ text: words, hint }) {
  return [words[0].toUpperCase() + words.slice(1), hint].filter(Boolean).join(" — ");
}

/** What is to be written, by key; null: taken out of the file. */
function changes() {
  const found = {};
  for (const each of fields()) {
    const key = each.dataset.key;
    if ("locked" in each.dataset) continue;
    if (taken.get(key)) found[key] = null;
    else if (value(each) !== before.get(key)) found[key] = value(each);
  }
  return found;
}

function count() {
  const changed = changes();
  const some = Object.keys(changed).length > 0;
  for (const each of fields()) each.classList.toggle("changed", each.dataset.key in changed);
  document.getElementById("save").disabled = !some;
  document.getElementById("discard").disabled = !some;
  document.body.toggleAttribute("data-unsaved", some);
}

function sayBeside(of, name, words, good = false) {
  const place = part(of, name);
  place.textContent = words;
  place.hidden = !words;
  place.classList.toggle("good", good);
}

function label(key) {
  const of = field(key);
  return of ? `${of.dataset.title} (${key})` : key;
}

/** Show what the robot says of the form: beside each field, and what is wrong in other places. */
function show(said) {
  for (const each of fields()) {
    const key = each.dataset.key;
    const problem = said.problems[key];
    const shown = problem && (attempted || touched.has(key) || problem.kind !== "missing");
    sayBeside(each, "error", shown ? sentence(problem) : "");
    control(each).setAttribute("aria-invalid", String(Boolean(shown)));
    each.classList.toggle("wrong", Boolean(shown));
    const path = said.paths[key];
    const notes = [said.advice[key], path?.text].filter(Boolean);
    sayBeside(each, "note", notes.join(" "), Boolean(path?.there) && !said.advice[key]);
  }
  const elsewhere = document.getElementById("elsewhere");
  elsewhere.hidden = said.elsewhere.length === 0;
  elsewhere.replaceChildren(text("p", elsewhere.dataset.title), ...said.elsewhere.map((line) => text("p", line)));
}

/** The summary of a save that came to nothing, with a link to each field. */
function showFailed(problems) {
  const failed = document.getElementById("failed");
  const list = document.createElement("ul");
  for (const [key, problem] of Object.entries(problems)) {
    const item = document.createElement("li");
    const link = text("a", label(key));
    link.href = `#f-${key}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const of = field(key);
      of.closest("details").open = true;
      control(of).focus();
    });
    item.append(link, `: ${problem.text}`);
    list.append(item);
  }
  failed.replaceChildren(text("p", form.dataset.failed), list);
  failed.hidden = false;
  failed.focus();
}

function showRefused(answer) {
  const failed = document.getElementById("failed");
  const words = answer.value ? [answer.value.error, answer.value.hint].filter(Boolean) : [form.dataset.gone];
  failed.replaceChildren(...words.map((line) => text("p", line)));
  failed.hidden = false;
  failed.focus();
}

/** Somebody else was quicker: both values, and the choice. */
function showConflict({ version, now }) {
  const conflict = document.getElementById("conflict");
  const mine = changes();
  conflict.querySelector("tbody").replaceChildren(
    ...Object.keys(mine).map((key) => {
      const secret = field(key).dataset.kind === "secret";
      const theirs = secret ? form.dataset.theirs : now[key].set ? now[key].text || "''" : form.dataset.nothing;
      const yours = mine[key] === null ? form.dataset.default : secret ? form.dataset.hidden : mine[key] || "''";
      const row = document.createElement("tr");
      row.append(text("td", label(key)), text("td", theirs), text("td", yours));
      return row;
    }),
  );
  conflict.dataset.version = version;
  conflict.hidden = false;
  conflict.focus();
}

function quiet() {
  for (const name of ["failed", "conflict"]) document.getElementById(name).hidden = true;
  told.textContent = "";
}

async function look() {
  const mine = ++asked;
  const answer = await post("settings/try", { values: changes() });
  if (mine === asked && answer.ok) show(answer.value);
}

async function save() {
  quiet();
  attempted = true;
  asked += 1; // what is said of an earlier state of the form is no news any more
  const answer = await post("settings/save", { values: changes(), version: form.dataset.version });
  if (answer.ok) await renew(form.dataset.saved);
  else if (answer.status === 409) showConflict(answer.value);
  else if (answer.status === 422) {
    show(answer.value);
    for (const key of Object.keys(answer.value.problems)) field(key)?.closest("details").setAttribute("open", "");
    showFailed(answer.value.problems);
  } else showRefused(answer);
}

/** The form anew, as the file is now. */
async function renew(words) {
  const open = [...document.querySelectorAll("details")].map((each) => each.open);
  const answer = await fetch(`${ROOT}settings`).catch(() => null);
  if (!answer?.ok) return location.reload();
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!made.getElementById("fields")) return location.reload();
  document.getElementById("fields").replaceWith(made.getElementById("fields"));
  form.dataset.version = made.getElementById("form").dataset.version;
  for (const [at, each] of [...document.querySelectorAll("details")].entries()) each.open = open[at] || each.open;
  begin();
  showState(await get("settings/state")); // or the one of before would seem to be of what was saved now
  told.textContent = words;
  await look();
}

/** Whether what the file says is in force. */
function showState(answer) {
  if (!answer) return;
  const another = answer.language !== document.documentElement.lang && !("unsaved" in document.body.dataset);
  if ((!form && answer.readable) || another) location.reload();
  const state = document.getElementById("state");
  state.dataset.kind = answer.kind;
  if (state.textContent !== answer.text) state.textContent = answer.text;
}

function begin() {
  taken.clear();
  touched = new Set();
  attempted = false;
  before = new Map(fields().map((each) => [each.dataset.key, value(each)]));
  quiet();
  count();
}

function takeOut(of) {
  const made = control(of);
  if (made.type === "checkbox") made.checked = of.querySelector(".reset").dataset.beneath === "true";
  else made.value = of.dataset.kind === "secret" ? "" : of.querySelector(".reset").dataset.beneath;
  taken.set(of.dataset.key, true);
  touched.add(of.dataset.key);
  count();
  look();
}

function discard() {
  for (const each of fields()) {
    if (control(each).type === "checkbox") control(each).checked = before.get(each.dataset.key) === "true";
    else control(each).value = before.get(each.dataset.key);
  }
  begin();
  look();
}

if (form) {
  form.addEventListener("input", (event) => {
    taken.delete(event.target.closest(".field")?.dataset.key);
    count();
  });
  form.addEventListener("change", (event) => {
    touched.add(event.target.closest(".field").dataset.key);
    look();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!document.getElementById("save").disabled) save();
  });
  form.addEventListener("click", (event) => {
    if (event.target.matches(".reset")) takeOut(event.target.closest(".field"));
  });
  document.getElementById("discard").addEventListener("click", discard);
  document.getElementById("mine").addEventListener("click", () => {
    form.dataset.version = document.getElementById("conflict").dataset.version;
    save();
  });
  document.getElementById("theirs").addEventListener("click", () => renew(""));
  addEventListener("beforeunload", (event) => {
    if ("unsaved" in document.body.dataset) event.preventDefault();
  });
  begin();
  look();
}
document.getElementById("open").addEventListener("click", async () => {
  const answer = await post("settings/open");
  told.textContent = answer.ok ? "" : (answer.value?.error ?? "");
});

follow(() => "settings/state", 2, showState);
