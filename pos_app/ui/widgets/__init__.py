"""Small widgets that draw by the tokens of the current look and know nothing of payments."""
