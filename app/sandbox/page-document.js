"use strict";
// The page's texts, the building of its document, and talking to the sandbox; the other scripts go on from here.

const T = JSON.parse(document.getElementById("texts").textContent);
const $ = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const JOB_LOOK = {
  0: ["○", ""], 1: ["○", ""], 2: ["◐", "warn"], 3: ["■", "bad"], 4: ["✓", "good"],
  5: ["✕", "bad"], 6: ["◐", "warn"], 7: ["■", "warn"], 8: ["▶", "busy"],
};
const ROBOT_LOOK = { 0: ["○", ""], 1: ["✕", "bad"], 2: ["✓", "good"], 3: ["▶", "busy"] };

// Document building; text never becomes markup.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function pill([sign, tone], text) {
  return el("span", { class: "pill", "data-tone": tone }, el("span", { "aria-hidden": "true" }, sign + " "), text);
}

function facts(pairs) {
  return el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function clock(moment) {
  return moment ? new Date(moment).toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" }) : "";
}

function moment(time) {
  return time ? new Date(time).toLocaleString(document.documentElement.lang, { hourCycle: "h23" }) : "";
}

const AGES = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
const WORDS_OF_AGE = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "short" });

function ago(milliseconds) {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0);
  const [size, unit] = AGES.find(([length]) => seconds >= length) ?? AGES.at(-1);
  return WORDS_OF_AGE.format(-Math.floor(seconds / size), unit);
}

function cell(label, attributes, content) {
  // The label takes the place of the column's heading where rows are stacked.
  return el("td", { ...attributes, "data-label": content === "" ? null : label }, content);
}

function offer(id, names) {
  const list = $(id);
  const content = JSON.stringify(names);
  if (list.content === content) return;
  list.content = content;
  list.replaceChildren(...names.map((name) => el("option", { value: name })));
}

function short(text, length = 80) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

function keep(list, items, keyOf, make) {
  // Items whose content is as before keep their element; the others are made anew, with focus put back.
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const focused = document.activeElement?.dataset?.focus;
  const nodes = items.map((item) => {
    const content = JSON.stringify(item);
    const node = old.get(keyOf(item));
    if (node && node.content === content) return node;
    const made = make(item, node);
    made.dataset.key = keyOf(item);
    made.content = content;
    return made;
  });
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  let place = list.firstElementChild;
  for (const node of nodes) {
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  if (focused && document.activeElement === document.body) {
    // The button that was pressed may be gone or disabled by now; then its row's first one takes over.
    const fallback = focused.replace(/^(stop|abort|again|new|delete) /, "");
    const able = [...list.querySelectorAll("[data-focus]:not(:disabled)")];
    (able.find((node) => node.dataset.focus === focused) ?? able.find((node) => node.dataset.focus === fallback))?.focus();
  }
  const empty = $(list.id + "-empty");
  if (empty) empty.hidden = items.length > 0;
}

// What is said to the person, and asked of the sandbox

let saidTimer = 0;
function say(text) {
  clearTimeout(saidTimer);
  $("said").textContent = text;
  saidTimer = setTimeout(() => { $("said").textContent = ""; }, 6000);
}

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch("/sandbox/api/" + path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

async function act(work, done) {
  try {
    const value = await work();
    if (done) say(typeof done === "function" ? done(value) : done);
    return true;
  } catch (error) {
    say(fill(T.failed, { error: error.message }));
    return false;
  }
}
