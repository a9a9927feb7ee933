"""Looks at many accounts, shows how far it is, and ends between two of them when the operator presses Stop."""

import robot_job


def main():
    asked = robot_job.parameters()
    accounts = range(asked.get("from", 0), asked.get("to", 200))
    seconds = asked.get("seconds", 0.05)
    robot_job.log(f"{len(accounts)} accounts to look at")
    done = 0
    for account in accounts:
        if robot_job.stop_requested():  # who asks is told, and not interrupted
            break
        robot_job.progress(done, len(accounts), f"account {account}")  # tray, `robot status`, history
        look_at(account)
        done += 1
        if robot_job.wait(seconds):  # a pause that ends at once when the Stop comes
            break
    robot_job.result({"done": done, "go on from": accounts.start + done})  # the job's last message


def look_at(account):
    print("account", account)


if __name__ == "__main__":
    main()
