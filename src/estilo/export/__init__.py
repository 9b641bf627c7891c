"""Networks in other formats; each export verifies what it wrote."""
