// Folders are opened by the system, on the robot's machine.
import { post } from "./page.js";

const said = document.getElementById("said");
for (const button of document.querySelectorAll("[data-open]"))
  button.addEventListener("click", async () => {
    said.hidden = true;
    button.disabled = true;
    const { ok, value } = await post("about/open", { key: button.dataset.open });
    button.disabled = false;
    button.focus();
    if (ok || !value?.error) return;
    said.textContent = value.error;
    said.hidden = false;
  });
