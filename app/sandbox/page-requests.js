// The rows of requests: heartbeats that only repeat themselves share one

function says(request) {
  // What a step of the specification says, in the words of its dictionaries; what a message says.
  if (request.path === "/api/robot/heartbeat") {
    return [T.robot_status[request.form.Status], request.form.JobName].filter(Boolean).join(" · ");
  }
  if (request.path === "/api/log/create") {
    const form = Object.fromEntries(Object.entries(request.form).map(([name, value]) => [name.toLowerCase(), value]));
    return [form.level, (form.message ?? "").trim().split("\n").at(-1)].filter(Boolean).join(": ");
  }
  return request.path === "/api/job/update" ? T.job_status[request.form.status] ?? "" : "";
}

function repeats(request) {
  // The key of what it repeats; null for everything that is worth a row of its own.
  if (request.path !== "/api/robot/heartbeat" || request.complaints.length || request.fault) return null;
  return JSON.stringify([request.form, request.reply]);
}

function collapsed(requests) {
  // Newest first. A run of one robot's heartbeats ends where anything else was asked that isn't a heartbeat.
  const rows = [];
  const runs = new Map();
  for (const request of requests) {
    const key = repeats(request);
    const run = key === null ? undefined : runs.get(key);
    if (run) {
      run.count += 1;
      run.first = request.time;
      run.key = "request " + request.number;
      continue;
    }
    if (key === null) runs.clear();
    const row = { request, count: 1, first: request.time, key: "request " + request.number };
    if (key !== null) runs.set(key, row);
    rows.push(row);
  }
  return rows;
}

function requestRow({ request, count, first, key }) {
  const answer = request.status_code === null ? T.no_answer : String(request.status_code);
  const remarks = [...request.complaints];
  if (request.fault) remarks.push(fill(request.lost ? T.fault_lost : T.fault_applied, { fault: faultName(request.fault) }));
  const wrong = request.complaints.length > 0;
  const name = `${request.method} ${request.path}`;
  const beats = count > 1 ? fill(T.beats, { count, first: clock(first), last: clock(request.time) }) : "";
  const hint = [says(request), beats].filter(Boolean).join(" · ");
  return el("tr", { class: wrong ? "wrong" : null },
    el("td", { class: "time" }, clock(request.time)),
    el("td", { class: "path mono" }, opener(key, short(name, 120), fill(T.details_of, { name: short(name, 120) }), () => requestDetails({ request, key })),
      el("span", { class: "hint" }, short(hint, 200))),
    cell(T.columns.answer, {}, answer),
    cell(T.columns.wrong, { class: "remarks" }, remarks.length > 1 ? el("ul", {}, ...remarks.map((text) => el("li", {}, text))) : remarks[0] ?? ""));
}

function requestDetails({ request, key }) {
  const form = Object.entries(request.form).map(([name, value]) => `${name} = ${short(value, 2000)}`).join("\n");
  return detailRow(key, 4, [
    [T.header, request.authorization ? `${T.present} ${request.authorization}` : T.missing],
    [T.parameters, el("pre", {}, form)],
    [T.answer, el("pre", {}, request.reply || T.no_answer)],
  ]);
}

function wanted(request) {
  return !$("only-wrong").checked || request.complaints.length > 0;
}

function showRequests() {
  const asked = requests.filter(wanted);
  const rows = $("collapse").checked ? collapsed(asked)
    : asked.map((request) => ({ request, count: 1, first: request.time, key: "request " + request.number }));
  fillTable($("requests"), rows, (row) => row.key, requestRow, requestDetails);
}
