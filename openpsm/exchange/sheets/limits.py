"""How much of a table is read. Beyond it a file is refused, never cut."""

MOST_BYTES = 60 * 1024 * 1024  # of the file as it is sent
MOST_UNPACKED = 400 * 1024 * 1024  # of everything in it
HIGHEST_RATIO = 200  # of a part, unpacked to packed
FREE_OF_RATIO = 2 * 1024 * 1024  # parts up to this size may be packed as well as they like
MOST_PARTS = 500
MOST_ROWS = 1_000_000
MOST_COLUMNS = 300
MOST_CELLS = 8_000_000  # of the rectangle that a sheet spans, empty cells too
LONGEST_LINE = 1024 * 1024
LONGEST_CELL = 32_767
CONVERTER_BYTES = 900 * 1024 * 1024
CONVERTER_BYTES_OLD = 450 * 1024 * 1024  # .xls: its extent is not known before it is read
CONVERTER_SECONDS = 120
