def backend():
    return 'fake'
