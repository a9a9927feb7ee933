
"use strict";
// The filters of a fleet's page, and what stands in the address for them.
(() => {
  const form = document.forms[0];
  const output = form.querySelector("output");
  const nothing = document.getElementById("nothing");
  const format = new Intl.NumberFormat(document.documentElement.lang);
  const plain = (text) => text.toLowerCase().replaceAll("ё", "е");
  const rows = [...document.querySelector(".robots tbody").rows].map((element) => ({
    element,
    kind: element.dataset.kind,
    text: plain(element.textContent),
  }));

  function apply() {
    const words = plain(form.elements.text.value).split(/\s+/).filter(Boolean);
    const kind = form.elements.kind.value;
    let shown = 0;
    for (const row of rows) {
      const fits = (!kind || row.kind === kind) && words.every((word) => row.text.includes(word));
      row.element.hidden = !fits;
      if (fits) shown += 1;
    }
    nothing.hidden = shown > 0;
    output.value = output.dataset.text.replace("{shown}", format.format(shown)).replace("{all}", format.format(rows.length));
  }

  function remember() {
    const asks = new URLSearchParams();
    for (const name of ["text", "kind"]) if (form.elements[name].value.trim()) asks.set(name, form.elements[name].value.trim());
    history.replaceState(null, "", asks.size ? `#${asks}` : location.pathname + location.search);
  }

  function obey() {
    const asks = new URLSearchParams(location.hash.slice(1));
    for (const name of ["text", "kind"]) form.elements[name].value = asks.get(name) ?? "";
    apply();
  }

  form.addEventListener("input", () => {
    apply();
    remember();
  });
  form.addEventListener("reset", () => {
    setTimeout(() => {
      apply();
      remember();
    });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", obey);
  form.hidden = false;
  obey();
})();
