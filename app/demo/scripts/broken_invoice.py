"""A script with a mistake: the job fails, and its log holds the traceback."""

invoices = [{"number": "2026-001", "sum": "150.00"}, {"number": "2026-002", "sum": "n/a"}]
for invoice in invoices:
    print(f"Invoice {invoice['number']}: {float(invoice['sum']):.2f}")
