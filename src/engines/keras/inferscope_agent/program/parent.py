"""The caller's trace: the program's own OpenTelemetry span, or TRACEPARENT."""
import os
import re
import sys

TRACEPARENT = re.compile(r'^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$')


def parent_from_environment():
    """(trace id, span id) of TRACEPARENT, None where it is absent or no valid one."""
    match = TRACEPARENT.match(os.environ.get('TRACEPARENT', '').strip().lower())
    if match is None or match.group(0).startswith('ff') or set(match.group(1)) == {'0'} or set(match.group(2)) == {'0'}:
        return None
    return match.group(1), match.group(2)


def parent_of_call():
    """The program's own OpenTelemetry span, where it has one; else what TRACEPARENT says."""
    trace = sys.modules.get('opentelemetry.trace')
    if trace is not None:
        try:
            context = trace.get_current_span().get_span_context()
            if context.is_valid:
                return '%032x' % context.trace_id, '%016x' % context.span_id
        except Exception:
            pass  # another OpenTelemetry than the one this was written for
    return parent_from_environment()
