"""The command line of the trainings; see `estilo.evaluation.networks`."""

from estilo.evaluation.networks import embedding, multipitch, timbre
from estilo.evaluation.networks.runner import run

if __name__ == "__main__":
    run([embedding.TRAINING, multipitch.TRAINING, timbre.TRAINING])
