
"use strict";
// The filters. Everything else on the page works without this.
(() => {
  const form = document.forms[0];
  const output = form.querySelector("output");
  const nothing = document.getElementById("nothing");
  const days = [...document.querySelectorAll("details")].map((element) => ({
    element,
    date: element.dataset.day,
    unfolded: element.open,
    rows: null,
  }));
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const all = Number(output.dataset.all);
  let filtered = false;

  function rowsOf(day) {
    day.rows ??= [...day.element.querySelector("tbody").rows].map((element) => ({
      element,
      outcome: element.className,
      script: element.cells[1].textContent,
      text: element.textContent.toLowerCase(),
    }));
    return day.rows;
  }

  function apply() {
    const asked = new FormData(form);
    const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const script = asked.get("script");
    const from = asked.get("from");
    const to = asked.get("to");
    const outcomes = asked.getAll("outcome");
    const everyOutcome = outcomes.length === form.querySelectorAll("[name=outcome]").length;
    const active = Boolean(words.length || script || from || to || !everyOutcome);
    if (active && !filtered) for (const day of days) day.unfolded = day.element.open;
    let shown = 0;
    for (const day of days) {
      const inside = (!from || day.date >= from) && (!to || day.date <= to);
      let hits = 0;
      for (const row of rowsOf(day)) {
        const fits =
          inside &&
          outcomes.includes(row.outcome) &&
          (!script || row.script === script) &&
          words.every((word) => row.text.includes(word));
        if (row.element.hidden === fits) row.element.hidden = !fits;
        if (fits) hits += 1;
      }
      day.element.hidden = !hits;
      if (active || filtered) day.element.open = active ? hits > 0 : day.unfolded;
      shown += hits;
    }
    filtered = active;
    say(shown);
  }

  function say(shown) {
    nothing.hidden = shown > 0;
    output.value = output.dataset.text.replace("{shown}", format.format(shown)).replace("{all}", format.format(all));
  }

  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 80);
  });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  say(all);
})();
