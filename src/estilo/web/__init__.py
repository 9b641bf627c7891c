"""The page: a server for this machine, whose work is done by worker processes."""
