// Tables with rows that open, and the rows of jobs

const open = new Set();

function opener(key, text, label, details) {
  const button = el("button", { type: "button", class: "open", "aria-expanded": String(open.has(key)), "data-focus": key, "aria-label": label }, text);
  button.addEventListener("click", () => {
    if (open.has(key)) open.delete(key); else open.add(key);
    button.setAttribute("aria-expanded", String(open.has(key)));
    const row = button.closest("tr");
    if (open.has(key)) {
      row.after(details());
      toTheEnd();
    } else row.nextElementSibling.remove();
  });
  return button;
}

function detailRow(key, columns, pairs) {
  const row = el("tr", { class: "detail" }, el("td", { colspan: String(columns) }, facts(pairs)));
  row.dataset.key = key + "+";
  return row;
}

function fillTable(body, items, keyOf, makeRow, makeDetails) {
  const flat = items.flatMap((item) => (open.has(keyOf(item)) ? [{ item }, { item, detail: true }] : [{ item }]));
  keep(body, flat, (part) => keyOf(part.item) + (part.detail ? "+" : ""), (part, old) => {
    if (!part.detail) return makeRow(part.item);
    return makeDetails(part.item, old);
  });
  $(body.id + "-empty").hidden = items.length > 0;
  toTheEnd();
}

function robotName(state, number) {
  const robot = state.robots.find((one) => one.number === number);
  return robot ? robot.name || robot.guid : "";
}

const ERRORS = new Set(["Error", "Critical"]);

function why(job) {
  // What an operator looks for: the reason of a bad end, or what a running job said last.
  if (job.silent) return el("span", { class: "why" }, T.unknown_why);
  if (job.reason) return el("span", { class: "why bad" }, short(job.reason, 300));
  const last = job.runs ? job.log.at(-1) : null;
  return last ? el("span", { class: "why" }, short(last.message.trim().split("\n").at(-1), 160)) : null;
}

function jobRow(state, job) {
  const key = "job " + job.guid;
  const name = short(job.name);
  const reports = job.history.map((entry) => T.job_status[entry.status]).join(" → ");
  const look = job.silent ? pill(["?", "warn"], T.unknown) : pill(JOB_LOOK[job.status], T.job_status[job.status]);
  const again = { name: job.name, task: job.task, robot: job.for_robot, priority: job.priority };
  const button = (kind, label, text, more, onclick) => el("button",
    { type: "button", class: "small", "data-focus": `${kind} ${key}`, "aria-label": fill(label, { name }), ...more, onclick }, text);
  return el("tr", {},
    el("td", { class: "status" }, look),
    el("td", { class: "name" }, opener(key, name, fill(T.details_of, { name }), () => jobDetails(job)), why(job)),
    cell(T.columns.robot, {}, robotName(state, job.robot ?? job.for_robot)),
    cell(T.columns.queued, { class: "time" }, clock(job.queued_at)),
    cell(T.columns.reported, {}, reports),
    el("td", { class: "actions" }, ...(job.can_stop || job.can_abort ? [
      button("stop", T.stop_job, T.stop, { disabled: !job.can_stop }, () => act(() => ask("POST", `jobs/${job.guid}/stop`))),
      button("abort", T.abort_job, T.abort, { disabled: !job.can_abort, class: "small danger" }, () => act(() => ask("POST", `jobs/${job.guid}/abort`))),
    ] : [
      button("again", T.again_job, T.again, {}, () => act(() => ask("POST", "jobs", again), fill(T.queued, { name: short(job.name, 60) }))),
    ])));
}

function jobDetails(job, old) {
  const consumed = job.times_consumed > 1
    ? fill(T.consumed_times, { time: clock(job.consumed_at), count: job.times_consumed }) : clock(job.consumed_at);
  const pairs = [];
  if (job.log.length) pairs.push([T.log, messages(job.log, old)]);
  pairs.push([T.job_guid, el("code", {}, job.guid)]);
  pairs.push([T.task, job.task ? el("pre", {}, JSON.stringify(job.task, null, 2)) : T.no_task]);
  if (job.priority !== 2) pairs.push([T.priority, T.priorities[job.priority - 1]]);
  if (job.stop_after) pairs.push([T.stop_after, clock(job.stop_after)]);
  if (job.abort_after) pairs.push([T.abort_after, clock(job.abort_after)]);
  if (consumed) pairs.push([T.consumed, consumed]);
  for (const entry of job.history) pairs.push([clock(entry.time), `${entry.status} ${T.job_status[entry.status]}`]);
  return detailRow("job " + job.guid, 6, pairs);
}

function messages(log, old) {
  // The newest stay in view, unless the person has scrolled up.
  const box = el("div", { class: "log mono", tabindex: "0", role: "group", "aria-label": T.log }, ...log.map((entry) => el("p",
    { class: ERRORS.has(entry.level) ? "bad" : entry.level === "Warning" ? "warn" : null },
    el("span", { class: "stamp" }, `${clock(entry.time)} ${entry.level} `), entry.message.trimEnd())));
  const before = old?.querySelector(".log");
  const read = before && before.scrollTop + before.clientHeight < before.scrollHeight - 4;
  box.dataset.top = read ? String(before.scrollTop) : "end";
  return box;
}

function toTheEnd() {
  for (const box of document.querySelectorAll(".log[data-top]")) {
    box.scrollTop = box.dataset.top === "end" ? box.scrollHeight : Number(box.dataset.top);
    delete box.dataset.top;
  }
}

// How many are shown: on a phone a few, so that what follows can be reached

const FEW = 20;
const FEW_WAITING = 5; // so that those that have ended are seen beside a long queue
let allJobs = !matchMedia("(max-width: 40rem)").matches;

function firstJobs(jobs) {
  const running = jobs.filter((job) => job.runs);
  const waiting = jobs.filter((job) => job.waits).slice(0, FEW_WAITING);
  const ended = jobs.filter((job) => !job.runs && !job.waits).slice(0, FEW - waiting.length);
  return [...running, ...[...waiting, ...ended].sort((one, other) => other.number - one.number)];
}

function showJobs(state) {
  const jobs = allJobs ? state.jobs : firstJobs(state.jobs);
  fillTable($("jobs"), jobs, (job) => "job " + job.guid, (job) => jobRow(state, job), jobDetails);
  const ended = state.jobs_total - state.jobs_running - state.jobs_waiting;
  const counts = fill(T.counts, { running: state.jobs_running, waiting: state.jobs_waiting, ended });
  const part = jobs.length < state.jobs_total ? " · " + fill(T.shown_of, { shown: jobs.length, total: state.jobs_total }) : "";
  $("jobs-count").textContent = state.jobs_total ? counts + part : "";
  const hidden = state.jobs.length - jobs.length;
  $("jobs-more").hidden = allJobs || !hidden;
  $("jobs-more").textContent = fill(T.show_more, { count: hidden });
}

$("jobs-more").addEventListener("click", () => {
  allJobs = true;
  showJobs(state);
});
