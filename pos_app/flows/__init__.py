"""The verbs: what the shop does with bills and payments, through the promises in domain."""
