// The page is a view of /sandbox/api/snapshot: it asks for the next version, which the sandbox holds back until there is
// one, and brings the document in line with it. Rows are kept, so that focus and open details survive.

// Robots, faults

const SILENT_AFTER = 30000; // milliseconds

function robotItem(state, robot) {
  const where = [robot.machine, robot.ip, robot.mac].filter(Boolean).join(" · ");
  const job = state.jobs.find((one) => one.guid === robot.job_guid);
  const look = robot.status === null ? el("span", {}) : pill(ROBOT_LOOK[robot.status], T.robot_status[robot.status]);
  look.dataset.since = robot.seen_at ?? "";
  const seen = el("span", { class: "hint" }, T.never_seen);
  seen.dataset.ago = robot.seen_at ?? "";
  return el("li", {},
    el("span", {}, el("strong", {}, robot.name || fill(T.new_robot, { number: robot.number })), " ", el("code", {}, robot.guid),
      where ? el("span", { class: "hint" }, where) : null, seen,
      job && robot.status === 3 ? el("span", { class: "hint" }, fill(T.works_on, { name: short(job.name, 40) })) : null),
    look);
}

function showAges() {
  // Robots that are gone age before one's eyes: nothing else tells of them.
  const now = Date.now() + skew;
  for (const node of document.querySelectorAll("[data-ago]")) {
    if (node.dataset.ago) node.textContent = fill(T.last_heard, { ago: ago(now - Date.parse(node.dataset.ago)) });
  }
  for (const node of document.querySelectorAll("[data-since]")) {
    if (!node.dataset.since || now - Date.parse(node.dataset.since) < SILENT_AFTER || node.dataset.silent) continue;
    node.dataset.silent = "yes";
    node.dataset.tone = "warn";
    node.textContent = "? " + T.silent;
  }
}

function faultName(kind) {
  return [...$("kind").options].find((option) => option.value === kind)?.text ?? kind;
}

function faultItem(fault) {
  const name = faultName(fault.kind);
  const fields = [...$("kind").options].find((option) => option.value === fault.kind)?.dataset.fields.split(" ") ?? [];
  const more = [fault.path === "*" ? T.every_call : fault.path];
  if (fields.includes("status")) more.unshift(String(fault.status));
  if (fields.includes("seconds")) more.push(fill(T.seconds, { count: fault.seconds.toLocaleString(document.documentElement.lang) }));
  if (fields.includes("when")) more.push(fault.when === "after" ? T.answer_lost : T.has_no_effect);
  more.push(fault.count === null ? T.until_off : fill(T.times_left, { count: fault.count }));
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
let skew = 0; // the sandbox's clock against this browser's, milliseconds
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

function show() {
  announceJobs(state.jobs);
  fillRobotChoices(state.robots);
  keep($("robots"), state.robots, (robot) => String(robot.number), (robot) => robotItem(state, robot));
  keep($("faults"), state.faults, (fault) => String(fault.id), faultItem);
  $("faults-clear").hidden = state.faults.length < 2;
  showJobs(state);
  showStored(state);
  offer("scripts", state.scripts);
  $("violations-card").hidden = state.violations.length === 0;
  keep($("violations"), state.violations.map((text, index) => ({ text, index })), (one) => String(one.index), (one) => el("li", {}, one.text));
  showRequests();
  showAges();
}

setInterval(showAges, 1000);

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
      skew = Date.parse(next.now) - Date.now();
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

function parametersOf(field, errorId, anyShape = false) {
  const text = field.value.trim();
  const error = errorId ? $(errorId) : null;
  field.removeAttribute("aria-invalid");
  if (error) error.textContent = "";
  if (!text) return null;
  try {
    const value = JSON.parse(text);
    if (!anyShape && (value === null || typeof value !== "object" || Array.isArray(value))) throw new TypeError();
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
  body.priority = Number($("priority").value);
  for (const [field, id] of [["stop_after", "stop-after"], ["abort_after", "abort-after"]]) {
    if ($(id).value) body[field] = Number($(id).value);
  }
  if (parameters || taskName) body.task = { parameters: parameters ?? {}, ...(taskName ? { name: taskName } : {}) };
  await act(() => ask("POST", "jobs", body), fill(T.queued, { name: short(name, 60) }));
});

let chosenPath = null; // the call that was chosen before the kind of fault left no choice

function showFaultFields() {
  const fields = $("kind").selectedOptions[0].dataset.fields.split(" ");
  for (const part of document.querySelectorAll("#fault [data-field]")) {
    part.hidden = !fields.includes(part.dataset.field);
    part.querySelector("input, select").disabled = part.hidden; // so that what isn't seen can't be invalid
  }
  const only = $("kind").value === "no_job";
  if (only && !$("path").disabled) {
    chosenPath = $("path").value;
    $("path").value = "/api/robot/consumeNextJob";
  } else if (!only && $("path").disabled) $("path").value = chosenPath;
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

$("settings-robot").addEventListener("change", showSettings);
for (const box of ["only-wrong", "collapse"]) $(box).addEventListener("change", showRequests);
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => act(() => navigator.clipboard.writeText($(button.dataset.copy).textContent), T.copied));
}

showFaultFields();
follow();
