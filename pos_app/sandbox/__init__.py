"""Toy gateways: twins that answer on loopback as the real ones do, with toy money."""
