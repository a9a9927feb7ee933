// What the robot does now, kept true by asking once a second as long as somebody looks.

import { follow, post } from "./page.js";

const MOST_SHOWN = 400_000; // characters of output; the log has the rest

const element = (id) => document.getElementById(id);
const show = (id, isShown) => {
  element(id).hidden = !isShown;
};
const say = (id, text) => {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
};
const filled = (id, facts) =>
  Object.entries(facts).reduce((text, [name, fact]) => text.replace(`{${name}}`, () => fact), element(id).dataset.text);

let shown = {};
let outputOf = "";
let outputAt = 0;
let askedAbout = "";

function made(tag, text = "", className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

/** Rows are made anew only when they have changed: the focus stays where it is. */
function list(id, rows, make) {
  const key = JSON.stringify(rows);
  if (shown[id] === key) return;
  shown[id] = key;
  element(id).replaceChildren(...rows.map(make));
}

function runLink(guid, name) {
  const link = made("a", name);
  link.href = `history/${encodeURIComponent(guid)}`;
  return link;
}

function waitingRow(row) {
  const line = document.createElement("tr");
  const job = document.createElement("td");
  job.append(runLink(row.guid, row.job));
  if (row.owner) job.append(made("div", row.owner, "soft"));
  const state = document.createElement("td");
  state.append(made("span", row.state, `tag ${row.kind}`));
  line.append(job, made("td", row.what), made("td", row.since), state, made("td", row.why));
  [...line.cells].forEach((cell, place) => {
    if (place) cell.dataset.label = element("waiting-head").cells[place].textContent; // for phones
  });
  return line;
}

function runRow(run) {
  const line = made("li", "", `run ${run.outcome}`);
  line.append(
    made("span", run.label, "outcome"),
    runLink(run.guid, run.name),
    made("span", `${run.started} · ${run.duration}`, "soft"),
  );
  if (run.outcome !== "s" && run.reason) line.append(made("span", run.reason, "reason"));
  return line;
}

function showOutput(job, output) {
  const place = element("output");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  if (output.anew || job.guid !== outputOf) {
    place.textContent = output.text;
    show("cut", output.cut);
  } else if (output.text) {
    place.append(output.text);
    if (place.textContent.length > MOST_SHOWN) {
      place.textContent = place.textContent.slice(-MOST_SHOWN / 2);
      show("cut", true);
    }
  }
  outputOf = job.guid;
  outputAt = output.at;
  place.classList.toggle("empty", !place.textContent);
  if (atEnd) place.scrollTop = place.scrollHeight;
}

function showJob(job, output) {
  show("no-job", !job);
  show("job", job);
  if (!job) {
    outputOf = "";
    outputAt = 0;
    return;
  }
  say("job-name", job.name);
  say("job-task", job.task ? `${job.task} · ` : "");
  say("job-time", filled("job-time", { elapsed: job.elapsed, moment: job.started }));
  show("progress", job.progress);
  if (job.progress) {
    show("share", job.progress.share !== null);
    if (job.progress.share !== null) element("share").value = job.progress.share;
    say("numbers", job.progress.numbers);
    say("progress-text", job.progress.text);
  }
  show("result", job.result);
  say("result", filled("result", { text: job.result }));
  showOutput(job, output);
}

function showAll(live) {
  if (!live) return;
  if (live.language !== document.documentElement.lang) return location.reload(); // the settings have changed
  say("word", live.state.word);
  element("word").className = `tag ${live.state.kind}`;
  say("since", live.state.since);
  say("problem", live.state.problem);
  show("problem", live.state.problem);
  list("notes", live.state.notes, (note) => made("li", note));
  say("connection", live.connection);
  show("leaving", live.leaving);
  say("left", live.leaving);
  element("stop").disabled = !live.can.stop;
  element("force").disabled = !live.can.force;
  const pause = element("pause");
  pause.dataset.asks = live.can.paused ? "resume" : "pause";
  say("pause", live.can.paused ? pause.dataset.resume : pause.dataset.pause);
  showJob(live.job, live.output);
  if (element("ask").open && live.job?.guid !== askedAbout) element("ask").close("no");
  show("trouble", live.trouble);
  say("trouble", live.trouble);
  show("nothing-waits", !live.waiting.rows.length && !live.trouble);
  show("waiting", live.waiting.rows.length);
  list("waiting-rows", live.waiting.rows, waitingRow);
  show("more", live.waiting.more);
  say("more", filled("more", { n: live.waiting.more }));
  show("no-runs", !live.runs.length && !live.trouble);
  show("runs", live.runs.length);
  list("runs", live.runs, runRow);
}

async function ask(what, job = "") {
  const answer = await post(`now/${what}`, { job });
  const said = answer.value?.said ?? "";
  show("said", said);
  say("said", said);
}

element("pause").addEventListener("click", (event) => ask(event.currentTarget.dataset.asks));
element("stop").addEventListener("click", () => ask("stop", outputOf));
element("cancel").addEventListener("click", () => ask("cancel-leaving"));
element("force").addEventListener("click", () => {
  askedAbout = outputOf;
  say("question", filled("question", { job: element("job-name").textContent }));
  element("ask").showModal();
  element("no").focus();
});
element("ask").addEventListener("close", () => {
  if (element("ask").returnValue === "yes") ask("force-stop", askedAbout);
  element("ask").returnValue = "no"; // Escape changes nothing
});

showAll(JSON.parse(element("live").textContent));
follow(() => `now/live?job=${encodeURIComponent(outputOf)}&at=${outputAt}`, 1, showAll);
