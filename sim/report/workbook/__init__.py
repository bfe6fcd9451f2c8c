"""The workbook of a run: its cover and sheets."""
