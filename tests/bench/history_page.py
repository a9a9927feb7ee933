"""How fast the page of 10,000 runs is made and opened: `python -m tests.bench.history_page`.

The floor is a page with the same words in one bare table: what the browser needs for the text alone.
"""

from __future__ import annotations

import html
import statistics
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

from app.history.page import write_history
from tests.browser.chromium import Chromium, find_chromium
from tests.history.samples import NOW, Samples, busy

RUNS = 10_000
REPEATS = 5
NAVIGATION = "(() => performance.getEntriesByType('navigation')[0].loadEventEnd)()"
FILTER = """(async () => {
  const start = performance.now();
  document.forms[0].text.value = 'payroll';
  document.forms[0].dispatchEvent(new Event('input'));
  while (!document.querySelector('tr[hidden]')) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  return performance.now() - start;
})()"""


def main() -> None:
    """Measure, and print a table; times are medians in milliseconds."""
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is not installed: nothing was measured.")
    records = busy(RUNS, 120)
    with tempfile.TemporaryDirectory() as folder, Chromium(program) as browser:
        page, floor = Path(folder, "history.html"), Path(folder, "floor.html")
        start = time.perf_counter()
        write_history(Samples(records), page, robot_name="BENCH", now=NOW, zone=UTC)
        made = (time.perf_counter() - start) * 1000
        rows = "".join(
            f"<tr><td>{run.started_at:%H:%M:%S}<td>{html.escape(run.name)}<td>{run.status}<td>{run.reason}"
            f"<td>{html.escape(run.last_line)}\n"
            for run in records
        )
        floor.write_text(f"<!doctype html><meta charset=utf-8><title>Floor</title><table>{rows}</table>", "utf-8")
        opened: dict[Path, list[float]] = {page: [], floor: []}
        filtered = []
        for _ in range(REPEATS):
            for file, times in opened.items():
                tab = browser.open(file.as_uri())
                times.append(tab.evaluate(NAVIGATION))
                if file is page:
                    filtered.append(tab.evaluate(FILTER))
                tab.close()
        sizes = [file.stat().st_size / 1e6 for file in opened]
        print(f"history page, {RUNS} runs, {sizes[0]:.2f} MB (floor {sizes[1]:.2f} MB)")
        print(f"  made                {made:8.0f} ms")
        print(f"  open to interactive {statistics.median(opened[page]):8.0f} ms")
        print(f"  the same, floor     {statistics.median(opened[floor]):8.0f} ms")
        print(f"  a filter's answer   {statistics.median(filtered):8.0f} ms")


if __name__ == "__main__":
    main()
