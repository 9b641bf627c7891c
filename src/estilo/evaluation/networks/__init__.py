"""Training of the small networks that metrics and analyses come with, on sounds made from nothing.

::

    python -m estilo.evaluation.networks timbre --output src/estilo/metrics/weights

trains the network of that name and writes its weights (``timbre.npz``) and their card
(``timbre.json``). The same seed gives the same data and, on one machine with one thread, the same
weights. What was rendered is kept in `estilo.evaluation.cache.cache_folder`.
"""
