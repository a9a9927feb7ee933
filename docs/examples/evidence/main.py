"""Makes a statement and keeps it with the run, with a picture of the screen and a result."""

import csv

import robot_job

SALES = [("North", 1200), ("South", 800)]


def main():
    statement = robot_job.folder() / "statement.csv"  # a private folder of this run, gone after it
    with statement.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("region", "sales"), *SALES])
    robot_job.attach(statement)  # a copy, which the history shows
    if robot_job.screenshot("when it was done") is None:
        print("There is no screen here.")
    robot_job.result({"regions": len(SALES), "sales": sum(sales for _region, sales in SALES)})


if __name__ == "__main__":
    main()
