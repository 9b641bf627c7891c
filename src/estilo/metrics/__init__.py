"""Metrics: numbers that say how good a result is.

| name | against | is better when |
|---|---|---|
| ``lsd`` | target | lower: mel spectra are equal, band by band |
| ``lsd_framewise`` | target | lower: the same, frame by frame |
| ``timbre_mfcc`` | target or style | lower: MFCCs have the same means and deviations |
| ``timbre_triplet`` | target or style | lower: a trained network hears the same timbre |
| ``timbre_judge`` | target or style | lower: the judge hears the same timbre |
| ``pitch`` | target or content | lower: the same notes sound |
| ``chroma`` | content | higher: the same pitch classes sound |
| ``onset_f1`` | content | higher: notes begin at the same times |
| ``loudness_correlation`` | content | higher: level rises and falls together |
| ``harmony_kept`` | content | higher: the same pitch classes sound where notes begin |
| ``notes_kept`` | content | higher: the same notes sound where notes begin |
| ``onsets_kept`` | content | higher: notes begin at the same times, but for one lag |
| ``note_levels_db`` | content | lower: the notes are as loud against each other |
| ``pauses_db`` | content | lower: pauses are as quiet |
| ``words_kept`` | content, a voice | higher: formants move together |
| ``image_db`` | content | lower: what cancels in mono is as loud against the rest |
| ``copy_score`` | style | lower: less is found in the style as it is; identical recordings give 1 |
| ``musical_noise`` | target or style | lower: partials flicker no more |
| ``bandwidth_db`` | target or style | lower: 8 to 20 kHz are as strong |
| ``clicks_per_s`` | nothing | lower: the waveform does not jump |
| ``clipping_share`` | nothing | lower: no flat tops, nothing beyond full scale |
| ``n_non_finite`` | nothing | lower: no NaN, no infinity |

Sets of outputs are judged by `estilo.metrics.distribution`, long textures by
`estilo.metrics.embedding`.
"""

from estilo.registry import Registry

METRICS = Registry(
    "metric",
    group="estilo.metrics",
    instance_of="estilo.metrics.base:Metric",
    parts={
        "lsd": "estilo.metrics.lsd:LSD",
        "lsd_framewise": "estilo.metrics.lsd:LSD_FRAMEWISE",
        "timbre_mfcc": "estilo.metrics.timbre:TIMBRE_MFCC",
        "timbre_triplet": "estilo.metrics.timbre_network:TIMBRE_TRIPLET",
        "timbre_judge": "estilo.metrics.judge.judging:TIMBRE_JUDGE",
        "pitch": "estilo.metrics.pitch:PITCH",
        "chroma": "estilo.metrics.content:CHROMA",
        "onset_f1": "estilo.metrics.content:ONSET_F1",
        "loudness_correlation": "estilo.metrics.content:LOUDNESS_CORRELATION",
        "harmony_kept": "estilo.metrics.beginnings:HARMONY_KEPT",
        "notes_kept": "estilo.metrics.beginnings:NOTES_KEPT",
        "onsets_kept": "estilo.metrics.content:ONSETS_KEPT",
        "note_levels_db": "estilo.metrics.note_levels:NOTE_LEVELS",
        "pauses_db": "estilo.metrics.pauses:PAUSES",
        "words_kept": "estilo.metrics.speech:WORDS_KEPT",
        "image_db": "estilo.metrics.image:IMAGE",
        "copy_score": "estilo.metrics.copying:COPY_SCORE",
        "musical_noise": "estilo.metrics.artifacts:MUSICAL_NOISE",
        "bandwidth_db": "estilo.metrics.artifacts:BANDWIDTH",
        "clicks_per_s": "estilo.metrics.artifacts:CLICKS_PER_S",
        "clipping_share": "estilo.metrics.artifacts:CLIPPING_SHARE",
        "n_non_finite": "estilo.metrics.artifacts:N_NON_FINITE",
    },
)

__all__ = ["METRICS"]
