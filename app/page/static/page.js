// What every section of the page uses: requests to the robot, and the notice that it has gone.

const ROOT = document.body.dataset.root;
const CLOSED_AFTER = 600_000; // as the server's
const MOST_MISSED = 5; // this address never comes back, and its port may be another user's program's by and by

const gone = document.getElementById("gone");
let heard = new Date();

function sayGone(isGone) {
  document.body.classList.toggle("is-gone", isGone);
  if (!isGone) {
    heard = new Date();
    gone.hidden = true;
    return;
  }
  if (!gone.hidden) return;
  const time = heard.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const text = new Date() - heard > CLOSED_AFTER ? gone.dataset.closed : gone.dataset.ended;
  gone.hidden = false;
  gone.textContent = text.replace("{time}", time);
}

async function answered(request) {
  let answer;
  try {
    answer = await request;
  } catch (error) {
    sayGone(true);
    throw error;
  }
  // Another program may have the port by now: only this page's server knows its token.
  sayGone(answer.status === 404 && !answer.headers.get("content-type")?.includes("json"));
  return answer;
}

/** What is at `path` (from the page's root), as JSON; null if it can't be had. */
export async function get(path) {
  try {
    const answer = await answered(fetch(ROOT + path));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Ask the robot for something: {ok, status, value}. `value` is the answer's JSON, or null. */
export async function post(path, body = {}) {
  try {
    const answer = await answered(
      fetch(ROOT + path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
    return { ok: answer.ok, status: answer.status, value: await answer.json().catch(() => null) };
  } catch {
    return { ok: false, status: 0, value: null };
  }
}

/**
 * Show what is at `path()` again and again, as long as the tab is seen: a hidden one is nobody who looks.
 * `show` gets each answer; null when there is none.
 */
export function follow(path, seconds, show) {
  let timer = 0;
  let asking = false; // one answer at a time: the next question builds on it
  let missed = 0;
  async function look() {
    clearTimeout(timer);
    if (document.hidden || asking || missed >= MOST_MISSED) return;
    asking = true;
    show(await get(path()));
    asking = false;
    missed = gone.hidden ? 0 : missed + 1;
    timer = setTimeout(look, seconds * 1000);
  }
  document.addEventListener("visibilitychange", look);
  look();
}

follow(
  () => "alive",
  10,
  () => {},
);
