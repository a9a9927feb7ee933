// One run: the pictures of its last seconds, and a run that is still going on.
import { follow } from "./page.js";

function film() {
  const section = document.querySelector(".film");
  if (!section) return;
  const frame = section.querySelector(".picture");
  const picture = document.getElementById("picture");
  frame.addEventListener("click", () => frame.classList.toggle("large"));
  const slider = document.getElementById("moment");
  if (!slider) return;
  const when = document.getElementById("when");
  const buttons = [...section.querySelectorAll(".strip button")];
  const seen = new Map(); // an address is asked for once
  const text = (button) =>
    Number(button.dataset.seconds) ? section.dataset.before.replace("{seconds}", button.dataset.seconds) : section.dataset.end;

  function show(number) {
    const button = buttons[Math.max(0, Math.min(buttons.length - 1, number))];
    for (const each of buttons) each.toggleAttribute("aria-current", each === button);
    button.setAttribute("aria-current", "true");
    slider.value = button.dataset.number;
    slider.setAttribute("aria-valuetext", text(button));
    when.value = text(button);
    const source = button.dataset.src;
    if (!seen.has(source)) {
      const image = new Image();
      image.src = source;
      seen.set(source, image);
    }
    const image = seen.get(source);
    const ready = () => {
      if (slider.value === button.dataset.number) picture.src = source;
    };
    if (image.complete) ready();
    else image.addEventListener("load", ready, { once: true });
    picture.alt = text(button);
    const strip = button.closest(".strip");
    strip.scrollTo({ left: button.parentElement.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + button.offsetWidth / 2 });
  }

  slider.addEventListener("input", () => show(Number(slider.value)));
  for (const button of buttons) button.addEventListener("click", () => show(Number(button.dataset.number)));
  document.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.matches("input, select, textarea, pre, .large")) return;
    event.preventDefault();
    show(Number(slider.value) + (event.key === "ArrowRight" ? 1 : -1));
  });
  slider.setAttribute("aria-valuetext", text(buttons.at(-1)));
  const strip = section.querySelector(".strip");
  strip.scrollLeft = strip.scrollWidth;
}

// While it runs: its page anew, every two seconds. It comes as text only: what is in it has been made harmless there.
async function again() {
  const run = document.getElementById("run");
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run");
  if (!fresh || fresh.innerHTML === run.innerHTML) return;
  const output = document.getElementById("output");
  const at = output ? output.scrollTop : 0;
  const followed = output && at + output.clientHeight >= output.scrollHeight - 4;
  const focused = document.activeElement?.id;
  run.replaceWith(fresh);
  const now = document.getElementById("output");
  if (now) now.scrollTop = followed ? now.scrollHeight : at;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (fresh.dataset.over) film();
}

const output = document.getElementById("output");
if (output) output.scrollTop = output.scrollHeight;
film();
if (!document.getElementById("run").dataset.over) {
  follow(
    () => "alive",
    2,
    (answer) => {
      if (answer && !document.getElementById("run").dataset.over) again();
    },
  );
}
