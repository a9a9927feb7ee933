"""Posts invoices: one task of the queue Invoices after the other."""

import robot_job


def main():
    robot_job.on_stop(lambda: print("Stopping after this invoice"))  # without it a Stop breaks off in mid-task
    posted = []
    for task in robot_job.queue("Invoices"):  # In progress; ends when there is none, or the job is stopped
        with task:  # a clean end is Success
            post(task.parameters)
            posted.append(task.name)
        robot_job.progress(len(posted), text=task.name)
    robot_job.result({"posted": posted})


def post(invoice):
    if invoice["amount"] <= 0:
        raise robot_job.BusinessError(f"the amount is {invoice['amount']}")  # Failed (business); the next task comes
    print("Posting", invoice["amount"], "of", invoice["customer"])
    robot_job.queue("Letters").add("Thank you", {"to": invoice["customer"]})


if __name__ == "__main__":
    main()
