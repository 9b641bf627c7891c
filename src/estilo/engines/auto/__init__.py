"""The engine that suits the recordings, chosen by what is heard in them."""
