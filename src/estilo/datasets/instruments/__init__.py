"""Instruments note by note: folders of single notes, where they come from, and phrases of them."""
