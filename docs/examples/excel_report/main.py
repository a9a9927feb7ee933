"""Writes an Excel report with openpyxl, which its requirements.txt names: no Excel is needed."""

import robot_job
from openpyxl import Workbook
from openpyxl.styles import Font
from sales import rows


def main():
    book = Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["Region", "Sales"])
    for row in rows():
        sheet.append(row)
    last = sheet.max_row
    sheet.append(["Total", f"=SUM(B2:B{last})"])
    for cell in (*sheet[1], *sheet[last + 1]):
        cell.font = Font(bold=True)
    report = robot_job.folder() / "sales.xlsx"
    book.save(report)
    robot_job.attach(report)
    robot_job.result({"rows": last - 1})


if __name__ == "__main__":
    main()
