// What scripts keep here: tasks, assets, files

const TASK_LOOK = {
  0: ["○", ""], 1: ["▶", "busy"], 2: ["✓", "good"], 3: ["✕", "bad"], 4: ["✕", "warn"], 5: ["◷", ""], 6: ["■", "bad"],
};

function taskRow(task) {
  const key = "task " + task.guid;
  const name = short(task.name);
  const first = [task.priority === 1 ? "" : T.priorities[task.priority], task.tags.join(", "), task.comment].filter(Boolean).join(" · ");
  const button = (kind, label, text, onclick) => el("button",
    { type: "button", class: "small", "data-focus": `${kind} ${key}`, "aria-label": fill(label, { name }), onclick }, text);
  return el("tr", {},
    el("td", { class: "status" }, pill(TASK_LOOK[task.status], T.task_status[task.status])),
    el("td", { class: "name" }, opener(key, name, fill(T.details_of, { name }), () => taskDetails(task)),
      first ? el("span", { class: "why" }, short(first, 200)) : null),
    cell(T.columns.queue, {}, task.queue || "—"),
    el("td", { class: "actions" },
      task.status === 0 ? null : button("new", T.new_again_task, T.new_again, () => act(() => ask("POST", `tasks/${task.guid}/new`))),
      button("delete", T.delete_task, T.delete, () => act(() => ask("DELETE", "tasks/" + task.guid), fill(T.deleted, { name })))));
}

function taskDetails(task) {
  const job = state.jobs.find((one) => one.guid === task.job_guid);
  const pairs = [
    [T.parameters, el("pre", {}, pretty(task.parameters))],
    [T.comment, task.comment], [T.description, task.description], [T.tags, task.tags.join(", ")],
    [T.priority, T.priorities[task.priority]], [T.retries, task.retries ? String(task.retries) : ""],
    [T.job, task.job_guid ? `${job ? short(job.name) + " · " : ""}${task.job_guid}` : ""],
    [T.created, moment(task.created)], [T.begun, moment(task.started)], [T.changed, moment(task.updated)],
    [T.postponed, moment(task.postponed)], [T.deadline, moment(task.deadline)], ["GUID", el("code", {}, task.guid)],
  ];
  return detailRow("task " + task.guid, 4, pairs.filter(([, value]) => value));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function assetItem(asset) {
  const what = [T.asset_types[asset.type], asset.text, asset.has_password ? "••••" : ""].filter(Boolean).join(" · ");
  const name = short(asset.name);
  return el("li", {}, el("span", {}, asset.name, el("span", { class: "hint" }, short(what, 200))),
    el("span", { class: "actions" },
      el("button", { type: "button", class: "small", "data-focus": "edit " + asset.guid, "aria-label": fill(T.edit_asset, { name }), onclick: () => editAsset(asset) }, T.edit),
      el("button", { type: "button", class: "small", "data-focus": "delete " + asset.guid, "aria-label": fill(T.delete_asset, { name }),
        onclick: () => act(() => ask("DELETE", "assets/" + asset.guid), fill(T.deleted, { name })) }, T.delete)));
}

let edited = null; // GUID of the asset in the form

function editAsset(asset) {
  edited = asset ? asset.guid : null;
  $("asset-name").value = asset?.name ?? "";
  $("asset-text").value = asset?.text ?? "";
  $("asset-password").value = "";
  $("asset-hint").hidden = !asset?.has_password;
  $("asset-button").textContent = asset ? T.save_asset : T.add_asset;
  if (asset) $("asset-text").focus();
}

function fileItem(file) {
  const name = short(file.name);
  const what = [file.folder, fill(T.bytes, { count: file.size })].filter(Boolean).join(" · ");
  return el("li", {}, el("span", {}, el("a", { href: "/sandbox/api/files/" + file.guid, download: "" }, file.name), el("span", { class: "hint" }, what)),
    el("button", { type: "button", class: "small", "data-focus": "delete " + file.guid, "aria-label": fill(T.delete_file, { name }),
      onclick: () => act(() => ask("DELETE", "files/" + file.guid), fill(T.deleted, { name })) }, T.delete));
}

function showStored(state) {
  fillTable($("tasks"), state.tasks, (task) => "task " + task.guid, taskRow, taskDetails);
  $("tasks-count").textContent = state.tasks.length < state.tasks_total ? fill(T.shown_of, { shown: state.tasks.length, total: state.tasks_total }) : "";
  keep($("assets"), state.assets, (asset) => asset.guid, assetItem);
  keep($("files"), state.files, (file) => file.guid, fileItem);
  if (edited && !state.assets.some((asset) => asset.guid === edited)) editAsset(null);
  offer("queues", state.queues);
  if (!$("answers").contains(document.activeElement)) {
    $("dialect").value = state.options.dialect;
    $("strict").checked = state.options.strict;
  }
}

$("answers").addEventListener("change", () => act(
  () => ask("PUT", "options", { dialect: $("dialect").value, strict: $("strict").checked }), T.options_set));
$("answers").addEventListener("submit", (event) => event.preventDefault());

$("task").addEventListener("submit", async (event) => {
  event.preventDefault();
  const parameters = parametersOf($("task-parameters"), null, true);
  if (parameters === undefined) return;
  const name = $("queue-task-name").value.trim();
  const body = { queue: $("task-queue").value.trim(), name, parameters: parameters ?? {}, priority: $("task-priority").value };
  const done = await act(() => ask("POST", "tasks", body), fill(T.task_added, { name }));
  if (done) for (const id of ["queue-task-name", "task-parameters"]) $(id).value = "";
});

$("asset").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = $("asset-name").value.trim();
  const text = $("asset-text").value;
  const password = $("asset-password").value;
  const secret = password ? { password, type: 1 } : {};
  const done = edited
    ? await act(() => ask("PUT", "assets/" + edited, { name, text, ...secret }), fill(T.asset_saved, { name }))
    : await act(() => ask("POST", "assets", { name, text, ...secret }), fill(T.asset_added, { name }));
  if (done) editAsset(null);
});
