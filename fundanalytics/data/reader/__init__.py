"""How a file becomes blocks: opening each format, and finding the tables in its sheets. ``data.workbook`` is its only door."""
