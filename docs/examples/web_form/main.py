"""Fills in a web form for each task of the queue Orders, with Playwright and the browser that the machine has."""

import shutil
import sys
from pathlib import Path

import robot_job
from playwright.sync_api import expect, sync_playwright

FORM = Path(__file__).with_name("form.html").as_uri()  # a real one: "https://…"


def main():
    robot_job.on_stop(lambda: print("Stopping after this order"))
    with sync_playwright() as playwright:
        browser = open_browser(playwright.chromium)
        page = browser.new_page()
        page.set_default_timeout(10_000)  # milliseconds; nothing waits for ever
        for task in robot_job.queue("Orders"):
            with task:
                try:
                    task.success(send(page, task.parameters))
                except Exception:  # also a BusinessError: what the page looked like then
                    picture = robot_job.folder() / "page.png"
                    page.screenshot(path=picture)
                    robot_job.attach(picture)
                    raise
        browser.close()


def open_browser(chromium):
    if sys.platform == "win32":
        return chromium.launch(channel="msedge")  # every Windows has it
    return chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"))


def send(page, order):
    """Send one order; what the page says to it."""
    page.goto(FORM)
    if order["pieces"] < 1:
        raise robot_job.BusinessError("an order has at least one piece")
    page.get_by_label("Customer").fill(order["customer"])
    page.get_by_label("Pieces").fill(str(order["pieces"]))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Received")
    return page.get_by_role("status").inner_text()


if __name__ == "__main__":
    main()
