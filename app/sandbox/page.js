// The page is a view of /sandbox/api/snapshot: it asks for the next version, which the sandbox holds back until there is
// one, and brings the document in line with it. Rows are kept, so that focus and open details survive.

// Jobs and requests: a row, and a second one with the details while it is open

const open = new Set();

function opener(key, text, label, details) {
  const button = el("button", { type: "button", class: "open", "aria-expanded": String(open.has(key)), "data-focus": key, "aria-label": label }, text);
  button.addEventListener("click", () => {
    if (open.has(key)) open.delete(key); else open.add(key);
    button.setAttribute("aria-expanded", String(open.has(key)));
    const row = button.closest("tr");
    if (open.has(key)) row.after(details()); else row.nextElementSibling.remove();
  });
  return button;
}

function fillTable(body, items, keyOf, makeRow, makeDetails) {
  const flat = items.flatMap((item) => (open.has(keyOf(item)) ? [{ item }, { item, detail: true }] : [{ item }]));
  keep(body, flat, (part) => keyOf(part.item) + (part.detail ? "+" : ""), (part) => {
    if (!part.detail) return makeRow(part.item);
    return makeDetails(part.item);
  });
  $(body.id + "-empty").hidden = items.length > 0;
}

function robotName(state, number) {
  const robot = state.robots.find((one) => one.number === number);
  return robot ? robot.name || robot.guid : "";
}

function jobRow(state, job) {
  const key = "job " + job.guid;
  const reports = job.history.map((entry) => T.job_status[entry.status]).join(" → ");
  return el("tr", {},
    el("td", {}, pill(JOB_LOOK[job.status], T.job_status[job.status])),
    el("td", { class: "name" }, opener(key, short(job.name), fill(T.details_of, { name: short(job.name) }), () => jobDetails(job))),
    el("td", {}, robotName(state, job.robot ?? job.for_robot)),
    el("td", { class: "time" }, clock(job.queued_at)),
    el("td", {}, reports),
    el("td", { class: "actions" }, ...(job.can_stop || job.can_abort ? [
      el("button", { type: "button", class: "small", disabled: !job.can_stop, "data-focus": "stop " + key,
        "aria-label": fill(T.stop_job, { name: short(job.name) }),
        onclick: () => act(() => ask("POST", `jobs/${job.guid}/stop`)) }, T.stop),
      el("button", { type: "button", class: "small danger", disabled: !job.can_abort, "data-focus": "abort " + key,
        "aria-label": fill(T.abort_job, { name: short(job.name) }),
        onclick: () => act(() => ask("POST", `jobs/${job.guid}/abort`)) }, T.abort),
    ] : [
      el("button", { type: "button", class: "small", "data-focus": "again " + key,
        "aria-label": fill(T.again_job, { name: short(job.name) }),
        onclick: () => act(() => ask("POST", "jobs", { name: job.name, task: job.task, robot: job.for_robot }), fill(T.queued, { name: short(job.name, 60) })) }, T.again),
    ])));
}

function jobDetails(job) {
  const consumed = job.times_consumed > 1
    ? fill(T.consumed_times, { time: clock(job.consumed_at), count: job.times_consumed }) : clock(job.consumed_at);
  const pairs = [
    [T.job_guid, el("code", {}, job.guid)],
    [T.task, job.task ? el("pre", {}, JSON.stringify(job.task, null, 2)) : T.no_task],
  ];
  if (consumed) pairs.push([T.consumed, consumed]);
  for (const entry of job.history) pairs.push([clock(entry.time), `${entry.status} ${T.job_status[entry.status]}`]);
  if (job.log.length) {
    pairs.push([T.log, el("pre", {}, job.log.map((entry) => `${clock(entry.time)} ${entry.level}: ${entry.message}`).join("\n"))]);
  }
  const row = el("tr", { class: "detail" }, el("td", { colspan: "6" }, facts(pairs)));
  row.dataset.key = "job " + job.guid + "+";
  return row;
}

function says(request) {
  // What a step of the specification says, in the words of its dictionaries.
  if (request.path === "/api/robot/heartbeat") {
    return [T.robot_status[request.form.Status], request.form.JobName].filter(Boolean).join(" · ");
  }
  return request.path === "/api/job/update" ? T.job_status[request.form.status] ?? "" : "";
}

function requestRow(request) {
  const key = "request " + request.number;
  const answer = request.status_code === null ? T.no_answer : String(request.status_code);
  const remarks = [...request.complaints];
  if (request.fault) remarks.push(fill(request.lost ? T.fault_lost : T.fault_applied, { fault: faultName(request.fault) }));
  const wrong = request.complaints.length > 0;
  const name = `${request.method} ${request.path}`;
  return el("tr", { class: wrong ? "wrong" : null },
    el("td", { class: "time" }, clock(request.time)),
    el("td", { class: "path mono" }, opener(key, short(name, 120), fill(T.details_of, { name: short(name, 120) }), () => requestDetails(request)),
      el("span", { class: "hint" }, short(says(request)))),
    el("td", {}, answer),
    el("td", { class: "remarks" }, remarks.length > 1 ? el("ul", {}, ...remarks.map((text) => el("li", {}, text))) : remarks[0] ?? ""));
}

function requestDetails(request) {
  const form = Object.entries(request.form).map(([name, value]) => `${name} = ${short(value, 2000)}`).join("\n");
  const row = el("tr", { class: "detail" }, el("td", { colspan: "4" }, facts([
    [T.header, request.authorization ? `${T.present} ${request.authorization}` : T.missing],
    [T.parameters, el("pre", {}, form)],
    [T.answer, el("pre", {}, request.reply || T.no_answer)],
  ])));
  row.dataset.key = "request " + request.number + "+";
  return row;
}

// Robots, faults, queues

function robotItem(state, robot) {
  const where = [robot.machine, robot.ip, robot.mac].filter(Boolean).join(" · ");
  const job = state.jobs.find((one) => one.guid === robot.job_guid);
  const seen = robot.seen_at ? fill(T.seen_at, { time: clock(robot.seen_at) }) : T.never_seen;
  return el("li", {},
    el("span", {}, el("strong", {}, robot.name || fill(T.new_robot, { number: robot.number })), " ", el("code", {}, robot.guid),
      el("span", { class: "hint" }, where || seen), where ? el("span", { class: "hint" }, seen) : null,
      job && robot.status === 3 ? el("span", { class: "hint" }, fill(T.works_on, { name: short(job.name, 40) })) : null),
    robot.status === null ? "" : pill(ROBOT_LOOK[robot.status], T.robot_status[robot.status]));
}

function faultName(kind) {
  return [...$("kind").options].find((option) => option.value === kind)?.text ?? kind;
}

function faultItem(fault) {
  const name = faultName(fault.kind);
  const more = [fault.path === "*" ? T.every_call : fault.path,
    fault.count === null ? T.until_off : fill(T.times_left, { count: fault.count })];
  if (fault.kind === "status") more.unshift(String(fault.status));
  return el("li", {},
    el("span", {}, name, el("span", { class: "hint" }, more.join(" · "))),
    el("button", { type: "button", class: "small", "data-focus": "fault " + fault.id, "aria-label": fill(T.switch_off_fault, { fault: name }),
      onclick: () => act(() => ask("DELETE", "faults/" + fault.id), T.fault_off) }, T.switch_off));
}

function fillRobotChoices(robots) {
  for (const [id, first] of [["robot", T.any_robot], ["settings-robot", null]]) {
    const select = $(id);
    const options = robots.map((robot) => [String(robot.number), `${robot.name || fill(T.new_robot, robot)} ${robot.guid}`]);
    if (first) options.unshift(["", first]);
    const content = JSON.stringify(options);
    if (select.content === content) continue;
    const chosen = select.value;
    select.content = content;
    select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
    if (options.some(([value]) => value === chosen)) select.value = chosen;
  }
  if ($("settings-robot").value !== $("settings").dataset.robot) showSettings();
}

async function showSettings() {
  const number = $("settings-robot").value;
  if (!number) return;
  $("settings").dataset.robot = number;
  const answer = await fetch(`/sandbox/api/robots/${number}/settings`);
  $("settings").textContent = await answer.text();
}

// Everything

let state = null;
let requests = [];
const jobStatus = new Map();

function announceJobs(jobs) {
  for (const job of jobs) {
    const before = jobStatus.get(job.guid);
    if (before !== undefined && before !== job.status) {
      say(fill(T.job_became, { name: short(job.name, 60), status: T.job_status[job.status] }));
    }
    jobStatus.set(job.guid, job.status);
  }
}

function wanted(request) {
  if (request.complaints.length || request.fault) return !$("only-wrong").checked || request.complaints.length > 0;
  if ($("only-wrong").checked) return false;
  return !($("hide-ready").checked && request.path.endsWith("/heartbeat"));
}

function showRequests() {
  fillTable($("requests"), requests.filter(wanted), (request) => "request " + request.number, requestRow, requestDetails);
}

function show() {
  announceJobs(state.jobs);
  fillRobotChoices(state.robots);
  keep($("robots"), state.robots, (robot) => String(robot.number), (robot) => robotItem(state, robot));
  keep($("faults"), state.faults, (fault) => String(fault.id), faultItem);
  $("faults-clear").hidden = state.faults.length < 2;
  fillTable($("jobs"), state.jobs, (job) => "job " + job.guid, (job) => jobRow(state, job), jobDetails);
  keep($("tasks"), state.tasks, (task) => task.guid, (task) => el("li", {},
    el("span", {}, task.name, el("span", { class: "hint" }, task.queue)), pill(["", ""], T.task_status[task.status])));
  keep($("assets"), state.assets, (asset) => asset.guid, (asset) => el("li", {}, asset.name));
  $("violations-card").hidden = state.violations.length === 0;
  keep($("violations"), state.violations.map((text, index) => ({ text, index })), (one) => String(one.index), (one) => el("li", {}, one.text));
  showRequests();
}

function setLink(mode, text) {
  if ($("link").dataset.state === mode) return;
  $("link").dataset.state = mode;
  $("link").textContent = text;
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

async function follow() {
  for (;;) {
    try {
      const newest = requests[0]?.number ?? 0;
      const wait = $("link").dataset.state === "live" ? 20 : 0; // after a break, say at once that it is over
      const next = await ask("GET", `snapshot?after=${state?.version ?? -1}&wait=${wait}&requests_after=${newest}`);
      const first = state === null;
      if (!first && next.started_at !== state.started_at) { // another sandbox, with numbers of its own
        location.reload();
        return;
      }
      requests = [...next.requests, ...requests].slice(0, 200);
      state = next;
      if (first) $("start").open = !state.robots.some((robot) => robot.seen_at);
      setLink("live", T.connected);
      show();
      await pause(200); // a busy robot changes much at once
    } catch (error) {
      setLink("lost", T.disconnected);
      await pause(2000);
    }
  }
}

// Forms

function parametersOf(field, errorId) {
  const text = field.value.trim();
  const error = errorId ? $(errorId) : null;
  field.removeAttribute("aria-invalid");
  if (error) error.textContent = "";
  if (!text) return null;
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError();
    return value;
  } catch {
    field.setAttribute("aria-invalid", "true");
    field.focus();
    if (error) error.textContent = T.bad_json; else say(T.bad_json);
    return undefined;
  }
}

$("queue").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = $("name").value.trim();
  $("name-error").textContent = name ? "" : T.name_needed;
  $("name").toggleAttribute("aria-invalid", false);
  if (!name) {
    $("name").setAttribute("aria-invalid", "true");
    $("name").focus();
    return;
  }
  const parameters = parametersOf($("parameters"), "parameters-error");
  if (parameters === undefined) return;
  const body = { name };
  if ($("robot").value) body.robot = Number($("robot").value);
  const taskName = $("task-name").value.trim();
  if (parameters || taskName) body.task = { parameters: parameters ?? {}, ...(taskName ? { name: taskName } : {}) };
  await act(() => ask("POST", "jobs", body), fill(T.queued, { name: short(name, 60) }));
});

function showFaultFields() {
  const fields = $("kind").selectedOptions[0].dataset.fields.split(" ");
  for (const part of document.querySelectorAll("#fault [data-field]")) {
    part.hidden = !fields.includes(part.dataset.field);
    part.querySelector("input, select").disabled = part.hidden; // so that what isn't seen can't be invalid
  }
  const only = $("kind").value === "no_job";
  if (only) $("path").value = "/api/robot/consumeNextJob";
  $("path").disabled = only;
}

$("kind").addEventListener("change", showFaultFields);
$("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  await act(() => ask("POST", "faults", {
    kind: $("kind").value, path: $("path").value, when: $("when").value,
    count: $("count").value ? Number($("count").value) : null,
    seconds: Number($("seconds").value), status: Number($("status").value),
  }), T.fault_on);
});
$("faults-clear").addEventListener("click", () => act(() => ask("DELETE", "faults"), T.fault_off));

$("add-robot").addEventListener("click", () => {
  const name = fill(T.new_robot, { number: (state?.robots.length ?? 0) + 1 });
  act(() => ask("POST", "robots", { name }), fill(T.robot_added, { name }));
});

$("task").addEventListener("submit", async (event) => {
  event.preventDefault();
  const parameters = parametersOf($("task-parameters"));
  if (parameters === undefined) return;
  const name = $("queue-task-name").value.trim();
  const done = await act(() => ask("POST", "tasks", { queue: $("task-queue").value.trim(), name, parameters: parameters ?? {} }), fill(T.task_added, { name }));
  if (done) event.target.reset();
});

$("asset").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = $("asset-name").value.trim();
  const password = $("asset-password").value;
  const done = await act(() => ask("POST", "assets", { name, text: $("asset-text").value, password, type: password ? 1 : 2 }), fill(T.asset_added, { name }));
  if (done) event.target.reset();
});

$("settings-robot").addEventListener("change", showSettings);
for (const box of ["only-wrong", "hide-ready"]) $(box).addEventListener("change", showRequests);
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => act(() => navigator.clipboard.writeText($(button.dataset.copy).textContent), T.copied));
}

showFaultFields();
follow();
