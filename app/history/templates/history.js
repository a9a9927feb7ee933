
"use strict";
// Filters, and what stands in the address for them. Everything else on the page works without this.
(() => {
  const form = document.forms[0];
  const output = form.querySelector("output");
  const nothing = document.getElementById("nothing");
  const asked = document.querySelector(".asked");
  const boxes = [...form.querySelectorAll("[name=outcome]")];
  const format = new Intl.NumberFormat(document.documentElement.lang);
  let days = [];
  let filtered = false;
  let shown = 0;

  const plain = (text) => text.toLowerCase().replaceAll("ё", "е");

  // The page as it is served gets more days, and days anew, while it is looked at.
  function scan() {
    const known = new Map(days.map((day) => [day.element, day]));
    days = [...document.querySelectorAll("[data-day]")].map(
      (element) =>
        known.get(element) ?? {
          element,
          date: element.dataset.day,
          unfolded: element.open,
          counts: [...element.querySelectorAll("summary [data-of]")].map((b) => ({ b, of: b.dataset.of, usual: b.textContent })),
          rows: null,
        },
    );
  }

  function rowsOf(day) {
    day.rows ??= [...day.element.querySelector("tbody").rows].map((element) => ({
      element,
      outcome: element.className,
      script: element.cells[1].textContent.trim(),
      text: plain(element.textContent),
    }));
    return day.rows;
  }

  // What is asked, as the address has it: only what narrows.
  function wishes() {
    const data = new FormData(form);
    const found = new URLSearchParams();
    for (const name of ["text", "script", "from", "to"]) if (data.get(name).trim()) found.set(name, data.get(name).trim());
    const chosen = data.getAll("outcome");
    if (chosen.length < boxes.length) found.set("outcome", chosen.join(","));
    return found;
  }

  function apply() {
    const asks = wishes();
    const words = plain(asks.get("text") ?? "").split(/\s+/).filter(Boolean);
    const [script, from, to] = ["script", "from", "to"].map((name) => asks.get(name));
    const outcomes = asks.has("outcome") ? asks.get("outcome").split(",") : null;
    const active = asks.size > 0;
    if (active && !filtered) for (const day of days) day.unfolded = day.element.open;
    shown = 0;
    for (const day of days) {
      const inside = (!from || day.date >= from) && (!to || day.date <= to);
      const hits = {};
      let sum = 0;
      for (const row of rowsOf(day)) {
        const fits =
          inside &&
          (!outcomes || outcomes.includes(row.outcome)) &&
          (!script || row.script === script) &&
          words.every((word) => row.text.includes(word));
        if (row.element.hidden === fits) row.element.hidden = !fits;
        if (fits) {
          hits[row.outcome] = (hits[row.outcome] ?? 0) + 1;
          sum += 1;
        }
      }
      for (const count of day.counts) {
        count.b.textContent = active ? format.format(hits[count.of] ?? 0) : count.usual;
        count.b.parentElement.hidden = active && !hits[count.of];
      }
      day.element.hidden = !sum;
      if (active || filtered) day.element.open = active ? sum > 0 : day.unfolded;
      shown += sum;
    }
    filtered = active;
    say(asks);
    document.dispatchEvent(new CustomEvent("filtered", { detail: { active } }));
  }

  function say(asks) {
    nothing.hidden = shown > 0;
    output.value = output.dataset.text.replace("{shown}", format.format(shown)).replace("{all}", format.format(Number(output.dataset.all)));
    // On paper there is no form.
    const labels = boxes.filter((box) => box.checked).map((box) => box.parentElement.textContent.trim());
    const parts = ["text", "script", "from", "to"].filter((name) => asks.has(name)).map((name) => asks.get(name));
    if (asks.has("outcome")) parts.push(labels.join(", "));
    asked.textContent = [output.value, ...parts].join(" · ");
    asked.hidden = !filtered;
  }

  function remember() {
    const hash = wishes().toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  // The address says what to show: a link of the page's own, or one that somebody has sent.
  function obey() {
    const asks = new URLSearchParams(location.hash.slice(1));
    form.reset();
    for (const name of ["text", "script", "from", "to"]) if (asks.has(name)) form.elements[name].value = asks.get(name);
    if (asks.has("outcome")) {
      const chosen = asks.get("outcome").split(",");
      for (const box of boxes) box.checked = chosen.includes(box.value);
    }
    apply();
  }

  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      apply();
      remember();
    }, 80);
  });
  form.addEventListener("reset", () => {
    setTimeout(() => {
      apply();
      remember();
    });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.only.addEventListener("click", (event) => {
    for (const box of boxes) box.checked = box.value === event.target.value;
    apply();
    remember();
  });
  addEventListener("hashchange", () => {
    obey();
    document.getElementById("runs").scrollIntoView();
  });

  // A folded day prints as its heading alone; so many runs fit on paper.
  const MOST_PRINTED = 1000;
  let unfolded = [];
  addEventListener("beforeprint", () => {
    if (shown > MOST_PRINTED) return;
    unfolded = days.filter((day) => !day.element.hidden && !day.element.open);
    for (const day of unfolded) day.element.open = true;
  });
  addEventListener("afterprint", () => {
    for (const day of unfolded) day.element.open = false;
    unfolded = [];
  });

  document.addEventListener("runs", () => {
    scan();
    apply();
  });
  scan();
  shown = Number(output.dataset.listed);
  form.hidden = false;
  if (!boxes.some((box) => box.value === "f")) form.elements.only.hidden = true;
  if (location.hash.length > 1) {
    obey();
    document.getElementById("runs").scrollIntoView();
  } else say(wishes());
})();
