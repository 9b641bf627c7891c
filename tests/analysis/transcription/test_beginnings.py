import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from estilo.analysis.transcription.beginnings import own_hits

times = st.lists(st.floats(0.0, 60.0), max_size=30).map(sorted)


@given(times, times)
def test_all_hits_are_own_or_none_is(hits_s, starts_s):
    own = own_hits(hits_s, starts_s, duration_s=100.0)
    assert own in ([], hits_s)
    assert own_hits(hits_s, [], duration_s=100.0) == hits_s
    off = [hit for hit in hits_s if all(abs(hit - start) > 0.021 for start in starts_s)]
    assert own or len(off) < max(3, 0.15 * len(hits_s) + 1)


def test_drums_that_go_with_the_notes_stay_where_others_are_between_them():
    notes_s = np.arange(0.0, 8.0, 0.5)
    drums_s = np.arange(0.0, 8.0, 0.25).tolist()
    assert own_hits(drums_s, notes_s, duration_s=8.0) == drums_s
    assert own_hits(drums_s[::2], notes_s + 0.005, duration_s=8.0) == []


def test_where_a_recording_breaks_off_there_is_no_hit():
    assert own_hits([0.5, 2.0, 2.99], [], duration_s=3.0) == [0.5, 2.0]
