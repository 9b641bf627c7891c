from estilo.progress import Counted


def test_items_of_earlier_runs_count():
    step = Counted("a.wav", n_done=2, n_total=10, n_kept=3, remaining_s=4.0)
    assert step.n_ready == 5
    assert step.fraction == 0.5


def test_without_an_estimate_the_time_left_is_unknown():
    assert Counted(None, n_done=1, n_total=1).remaining_s is None
