"""The command line of the trainings; see `estilo.evaluation.networks`."""

from estilo.evaluation.networks import embedding, judge, multipitch, notes, timbre
from estilo.evaluation.networks.runner import run

if __name__ == "__main__":
    networks = (embedding, judge, multipitch, notes, timbre)
    run([network.TRAINING for network in networks])
