"""The counter: the main screen, where a cashier sells."""
