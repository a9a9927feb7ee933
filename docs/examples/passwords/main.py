"""Logs in with credentials that nobody wrote into a script, and changes the password."""

import base64
import secrets

import robot_job


def main():
    crm = robot_job.asset("crm")  # from here on its password is *** in this run's log, messages and history
    print("Logging in as", crm.login, "with", crm.password)

    token = base64.b64encode(f"{crm.login}:{crm.password}".encode()).decode()
    robot_job.mask(token)  # what is made of a password is a secret as well, and only the script knows it
    print("Sending Authorization: Basic", token)

    new = secrets.token_urlsafe(16)
    robot_job.set_asset("crm", password=new)  # masked, too; delivered also if the network is gone just now
    print("The new password is", new)
    robot_job.log(f"the password of {crm.login} was changed")


if __name__ == "__main__":
    main()
