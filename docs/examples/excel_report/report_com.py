"""The same report by Excel itself: for a machine with Office, as the script `excel_report/report_com`."""

import robot_job
import win32com.client
import win32process
from own_process import ends_with_this_script
from sales import rows

XLSX = 51  # xlOpenXMLWorkbook


def main():
    report = robot_job.folder() / "sales.xlsx"
    excel = win32com.client.DispatchEx("Excel.Application")  # an Excel of its own, not the user's
    try:  # a Stop is a KeyboardInterrupt here
        _thread, process_id = win32process.GetWindowThreadProcessId(excel.Hwnd)
        job = ends_with_this_script(process_id)  # also when the script is killed: Excel is no child of it
        excel.DisplayAlerts = False  # nobody is there to click
        book = excel.Workbooks.Add()
        sheet = book.Worksheets(1)
        sheet.Name = "Sales"
        table = [["Region", "Sales"], *rows()]
        sheet.Range(f"A1:B{len(table)}").Value = table  # in one call: each one crosses to another process
        sheet.Range(f"A{len(table) + 1}:B{len(table) + 1}").Value = [["Total", f"=SUM(B2:B{len(table)})"]]
        book.SaveAs(str(report), XLSX)
        book.Close()
    finally:
        excel.Quit()  # in good order
    del job
    robot_job.attach(report)
    robot_job.result({"rows": len(table) - 1})


if __name__ == "__main__":
    main()
