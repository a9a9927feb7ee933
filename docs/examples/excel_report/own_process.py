"""Lets a program that Windows has started for us, such as Excel, end with this script, whatever ends the script."""

import win32api
import win32con
import win32job


def ends_with_this_script(process_id):
    """Put the process into a job object of our own. Keep what is returned: the process ends when it goes."""
    job = win32job.CreateJobObject(None, "")
    limits = win32job.QueryInformationJobObject(job, win32job.JobObjectExtendedLimitInformation)
    limits["BasicLimitInformation"]["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    win32job.SetInformationJobObject(job, win32job.JobObjectExtendedLimitInformation, limits)
    rights = win32con.PROCESS_SET_QUOTA | win32con.PROCESS_TERMINATE
    win32job.AssignProcessToJobObject(job, win32api.OpenProcess(rights, False, process_id))
    return job
