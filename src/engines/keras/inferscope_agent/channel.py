"""The lines to Node.js, over a pipe or into a file of our own: never stdout, where the model may print.

Records are described, and checked, by src/engines/keras/protocol.ts.
"""
import json
import os

from .recorder import NO_THREAD, ORIGIN, RECORDER

PROTOCOL = 1


class Channel(object):
    """One JSON object a line into a pipe that only this process writes to."""

    def __init__(self, fd):
        self.fd = fd
        os.set_inheritable(fd, False)
        self.owner = os.getpid()
        self.sent_strings, self.sent_details = 0, 1

    def send(self, record):
        if os.getpid() != self.owner or self.fd is None:
            return  # a forked child says nothing
        data = (json.dumps(record, separators=(',', ':')) + '\n').encode('utf-8')
        try:
            while data:
                data = data[os.write(self.fd, data):]
        except OSError as error:
            self.failed(error)

    def failed(self, error):
        os._exit(70)  # the parent is gone: nobody is left to measure for

    def forget(self):
        """In a forked child: it must not write, nor keep the pipe open after we are gone."""
        RECORDER.thread = NO_THREAD
        fd, self.fd = self.fd, None
        os.close(fd)

    def send_names(self, recorder):
        strings, details = recorder.strings[self.sent_strings:], recorder.details[self.sent_details:]
        self.sent_strings, self.sent_details = len(recorder.strings), len(recorder.details)
        if strings or details:
            self.send({'type': 'names', 'strings': strings, 'details': details})


def die_with_parent():
    """On Linux the kernel kills us with our parent; elsewhere a failing write does (Channel.send)."""
    try:
        import ctypes
        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    except Exception:
        pass


def call_record(variant, round_number, temperature, times, signature, batch, error, recorder):
    """One call as a line of the protocol; `times` are its start on our clock and its latency. No recorder: no spans."""
    record = {'type': 'call', 'variant': variant, 'round': round_number, 'temperature': temperature,
              'startNanos': times[0] - ORIGIN, 'latencyNanos': times[1], 'signature': signature, 'batch': batch}
    if error is not None:
        record['error'] = error
    if recorder is not None:
        record['spans'] = {
            'start': [start - ORIGIN for start in recorder.starts], 'duration': list(recorder.durations),
            'parent': list(recorder.parents), 'name': recorder.column(0), 'stage': recorder.column(1),
            'kind': recorder.column(2), 'detail': recorder.column(3)}
        record['traces'] = [{'row': row, 'graph': 'input-pipeline' if pipeline else 'model', 'function': label, 'cause': cause, 'change': change}
                            for row, pipeline, label, cause, change in recorder.traces]
        record['gc'] = [{'startNanos': start - ORIGIN, 'durationNanos': duration, 'generation': generation}
                        for start, duration, generation in recorder.pauses]
    return record
