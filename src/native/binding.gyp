# Built by `node-gyp rebuild -C src/native`: C and N-API only; neither TensorFlow's headers nor its library are needed.
{
  'targets': [{
    'target_name': 'inferscope_session',
    'conditions': [
      ['OS=="linux"', {
        'sources': ['addon.c', 'interpose.c', 'library.c', 'got.c'],
        'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
        'cflags': ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
        # nodelete: a worker's end must not unmap functions that the binding still points to.
        'ldflags': ['-Wl,-z,nodelete'],
        'libraries': ['-ldl'],
      }, {
        'type': 'none',
      }],
    ],
  }],
}
