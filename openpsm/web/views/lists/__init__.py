"""Pages around every list: filters, columns, saved views, export, bulk edit, cells."""
