// Logs: further portions come into the page, and what a log gets while it is looked at.
import { follow } from "./page.js";

const ROOT = document.body.dataset.root;
const MOST_LINES = 5_000; // on one page; the oldest go
const found = document.getElementById("found");

async function part(address) {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

// A link to a further portion puts it into this page.
async function more(event) {
  const link = event.target.closest("a.more, a.earlier");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled")) return;
  link.setAttribute("aria-disabled", "true");
  const fresh = await part(link.href);
  link.removeAttribute("aria-disabled");
  if (!fresh) return;
  const entries = [...(fresh.getElementById("found")?.children ?? [])];
  const further = fresh.querySelector(link.matches(".more") ? "a.more" : "a.earlier");
  if (link.matches(".more")) found.append(...entries);
  else {
    const before = document.documentElement.scrollHeight;
    found.prepend(...entries);
    scrollBy(0, document.documentElement.scrollHeight - before);
  }
  if (entries.length) document.getElementById("none")?.remove();
  const looked = document.getElementById("looked");
  if (looked) looked.textContent = fresh.getElementById("looked").textContent;
  if (further) link.href = further.href;
  else link.remove();
}
document.addEventListener("click", more);

function item(entry) {
  const li = document.createElement("li");
  li.id = `b${entry.at}`;
  if (entry.level) li.className = entry.level;
  const link = document.createElement("a");
  link.className = "at";
  link.title = found.dataset.link;
  link.href = `${ROOT}logs/view?${new URLSearchParams({ file: found.dataset.file, at: entry.at })}`;
  const name = document.createElement("span");
  name.className = "vh";
  name.textContent = found.dataset.link;
  link.append(name);
  const text = document.createElement("span");
  text.className = "text";
  text.textContent = entry.left_out ? `${entry.text} … +${entry.left_out}` : entry.text;
  li.append(link, text);
  return li;
}

if (found?.dataset.live) {
  let after = found.dataset.after;
  const current = found.querySelector("[aria-current]");
  if (current) current.scrollIntoView({ block: "center" });
  else scrollTo(0, document.documentElement.scrollHeight);
  follow(
    () => `logs/lines?${new URLSearchParams({ file: found.dataset.file, after })}`,
    1.5,
    (answer) => {
      if (!answer) return;
      if (answer.shrunk) {
        document.getElementById("tail").textContent = found.dataset.shrunk;
        found.replaceChildren();
        after = "0";
        return;
      }
      after = String(answer.after);
      if (!answer.entries.length) return;
      const root = document.documentElement;
      const atEnd = scrollY + innerHeight >= root.scrollHeight - 40;
      document.getElementById("none")?.remove();
      for (const entry of answer.entries) {
        const known = document.getElementById(`b${entry.at}`);
        if (known) known.replaceWith(item(entry));
        else found.append(item(entry));
      }
      while (found.children.length > MOST_LINES) found.firstElementChild.remove();
      if (atEnd) scrollTo(0, root.scrollHeight);
    },
  );
} else found?.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
