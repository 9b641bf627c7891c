"""The engine that works on sines and what they leave, each by itself."""
