"""What any Slipway promises whoever has its address and a key, wherever it runs."""
