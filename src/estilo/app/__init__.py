"""What all applications share: the command line, the page, live use and batches build on it."""
