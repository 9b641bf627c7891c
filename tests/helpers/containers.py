"""Files that PyAV writes."""

import io

import numpy as np

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def av_encoded(samples, *, codec, container, sample_rate=44_100, layout=None, options=None):
    """A file of one stream of sound, as bytes.

    **Shape** of ``samples`` ``(channels, time)``; codecs of whole numbers get 16 bits.
    """
    import av

    layout = layout or LAYOUTS[len(samples)]
    stream_of_bytes = io.BytesIO()
    with av.open(stream_of_bytes, "w", format=container, options=options or {}) as file:
        stream = file.add_stream(codec, rate=sample_rate, layout=layout)
        forms = [each.name for each in stream.codec_context.codec.audio_formats]
        form = next((each for each in forms if each.startswith("s16")), forms[0])
        stream.codec_context.format = form
        for start in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, start : start + 1024], dtype=np.float32)
            if "s16" in form:
                block = np.round(block * 2**15).astype(np.int16)
            if not form.endswith("p"):
                block = np.ascontiguousarray(block.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format=form, layout=layout)
            frame.sample_rate, frame.pts = sample_rate, start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return stream_of_bytes.getvalue()
