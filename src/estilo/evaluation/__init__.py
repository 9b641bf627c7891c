"""How good engines are: test sets, the scoreboard, the search for settings."""
