"""The queue worker in the habits of the vendor's framework: argument, settings.txt, SIGBREAK, TaskOrcAPI."""

import base64
import json
import signal
import sys

from TaskOrcAPI import TaskOrchestratorAPI


class Worker:
    stop = False

    def __init__(self):
        if hasattr(signal, "SIGBREAK"):  # Windows has it; elsewhere a Stop is a KeyboardInterrupt
            signal.signal(signal.SIGBREAK, self.on_stop)
        argument = sys.argv[1].split("|")  # process version | job | | settings.txt
        self.version_guid, self.job_guid, settings_path = argument[0], argument[1], argument[3]
        with open(settings_path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        self.robot_guid, host = lines[0], lines[1]  # neither is needed: calls go through the robot
        headers = {"Authorization": "Basic " + base64.b64encode(self.robot_guid.encode()).decode()}
        self.api = TaskOrchestratorAPI(self.robot_guid, host, headers)

    def on_stop(self, _signal, _frame):
        self.stop = True

    def work(self, queue):
        while not self.stop:
            task = json.loads(self.api.get_task(queue).text or "[]")
            if not task:
                break
            self.api.update_task_status(task["guid"], 1)  # In progress
            invoice = json.loads(task["parameters"])
            if invoice["amount"] <= 0:
                self.api.update_task_status(task["guid"], 4)  # Failed (business)
                continue
            print("Posting", invoice["amount"], "of", invoice["customer"])
            self.api.update_task_status(task["guid"], 2)  # Success
        self.api.add_new_log_entry(self.robot_guid, self.version_guid, self.job_guid, "Info", "no more invoices")


if __name__ == "__main__":
    Worker().work("Invoices")
