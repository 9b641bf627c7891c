"""Signal processing as plain functions of arrays and tensors; no state, no files."""
