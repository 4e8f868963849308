"""Outputs of two variants compared."""


def largest_difference(reference, result):
    """Largest |a - b| / (|a| + 1e-6) over all outputs; None when they cannot be compared."""
    try:
        import numpy as np
        pairs = list(zip(flat(reference), flat(result)))
        return float(max(np.max(np.abs(a - b) / (np.abs(a) + 1e-6)) if a.size else 0.0 for a, b in pairs))
    except Exception:
        return None


def flat(result):
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flat(item)]
    import numpy as np
    return [np.asarray(result, dtype='float64')]
