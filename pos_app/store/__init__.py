"""The memory: bills, payment requests and events in one database file for each mode."""
