"""The words: what a bill, a payment request and money are, and what may happen to them."""
