"""The page, tables and files of a calibration."""
