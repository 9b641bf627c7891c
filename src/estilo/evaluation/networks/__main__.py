"""The command line of the trainings; see `estilo.evaluation.networks`."""

from estilo.evaluation.networks import embedding, judge, multipitch, timbre
from estilo.evaluation.networks.runner import run

if __name__ == "__main__":
    run([embedding.TRAINING, judge.TRAINING, multipitch.TRAINING, timbre.TRAINING])
