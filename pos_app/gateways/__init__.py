"""The outside: one connector for each gateway, over one wire."""
