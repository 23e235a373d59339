"""One list for every kind of record: search, filters, sort, columns, groups, saved views, bulk edit, export.

A list is a declaration (`declaration`, `filters`); pages, fragments and files follow from it. Everything that the
person has chosen stands in the address (`state`).
"""
