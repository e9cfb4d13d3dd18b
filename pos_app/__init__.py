"""pos_app: the payment counter that a shop trusts with its money."""
