"""Writes src/engines/tensorflow/graph/op-definitions.json: TensorFlow's own operation definitions, compactly.

    python3 scripts/op-definitions.py DIRECTORY-WITH-libtensorflow_cc.so.2 [OUT.json]

The definitions come from the C API (`TF_GetAllOpList`); no Python TensorFlow is needed. One operation is
`"Name": "inputs|outputs|attributes|flags"`, items apart by a blank:

    argument   name:T (type attribute T)   name:#3 (DataType 3)   name:N*T (a list of N)   name:[T (a list of types)
    attribute  name:type   or   name:type=JSON default (a blank in a default is written as \\u0020)
    flags      s: the operation keeps state or has side effects; d: its inputs or outputs hold references
"""
import ctypes
import json
import os
import struct
import sys

ATTR_FIELDS = {2: 'string', 3: 'int', 4: 'float', 5: 'bool', 6: 'type', 7: 'shape', 8: 'tensor', 10: 'func'}


def fields(data):
    """Yields (field number, value) of one protobuf message; nested messages stay bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        elif kind == 1:
            value = data[at:at + 8]
            at += 8
        elif kind == 2:
            size = varint()
            value = data[at:at + size]
            at += size
        else:
            value = data[at:at + 4]
            at += 4
        yield key >> 3, value


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def shape(data):
    dims, unknown = [], False
    for number, value in fields(data):
        if number == 2:
            dims.append(signed(dict(fields(value)).get(1, 0)))
        if number == 3:
            unknown = bool(value)
    return None if unknown else dims


def packed(number, value):
    if number == 4:
        return [struct.unpack('<f', value[i:i + 4])[0] for i in range(0, len(value), 4)]
    # Re-read the packed bytes as one varint after another, by giving each a made-up key.
    out, at = [], 0
    while at < len(value):
        result = shift = 0
        while True:
            byte = value[at]
            at += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        out.append(signed(result))
    return out


def single(number, value):
    if number == 2:
        return value.decode('latin-1')
    if number == 3:
        return signed(value)
    if number == 4:
        return struct.unpack('<f', value)[0]
    if number == 5:
        return bool(value)
    if number == 6:
        return value
    if number == 7:
        return shape(value)
    return '?'


def default_value(data):
    for number, value in fields(data):
        if number == 1:
            items = []
            for inner, item in fields(value):
                if inner in (3, 4, 5, 6) and isinstance(item, bytes) and not (inner == 4 and len(item) == 4):
                    items += [bool(v) if inner == 5 else v for v in packed(inner, item)]
                else:
                    items.append(single(inner, item))
            return items
        return single(number, value)
    return '?'


def argument(data):
    f = dict(fields(data))
    name = f[1].decode()
    if 6 in f:
        kind = '[' + f[6].decode()
    else:
        kind = f[4].decode() if 4 in f else '#' + str(f.get(3, 0))
        if 5 in f:
            kind = f[5].decode() + '*' + kind
    return name + ':' + kind, 16 in f


def attribute(data):
    f = dict(fields(data))
    text = f[1].decode() + ':' + f[2].decode()
    if 3 in f:
        text += '=' + json.dumps(default_value(f[3]), separators=(',', ':')).replace(' ', '\\u0020')
    return text


def operation(data):
    name, inputs, outputs, attributes, flags = '', [], [], [], ''
    for number, value in fields(data):
        if number == 1:
            name = value.decode()
        elif number in (2, 3):
            text, reference = argument(value)
            (inputs if number == 2 else outputs).append(text)
            if reference and 'd' not in flags:
                flags += 'd'
        elif number == 4:
            attributes.append(attribute(value))
        elif number == 17 and value:
            flags += 's'
    return name, '|'.join([' '.join(inputs), ' '.join(outputs), ' '.join(attributes), flags])


def main():
    folder = sys.argv[1]
    out = sys.argv[2] if len(sys.argv) > 2 else 'src/engines/tensorflow/graph/op-definitions.json'
    ctypes.CDLL(os.path.join(folder, 'libtensorflow_framework.so.2'), mode=ctypes.RTLD_GLOBAL)
    lib = ctypes.CDLL(os.path.join(folder, 'libtensorflow_cc.so.2'), mode=ctypes.RTLD_GLOBAL)

    class Buffer(ctypes.Structure):
        _fields_ = [('data', ctypes.c_void_p), ('length', ctypes.c_size_t), ('free', ctypes.c_void_p)]

    lib.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
    lib.TF_Version.restype = ctypes.c_char_p
    buffer = lib.TF_GetAllOpList().contents
    listed = [operation(value) for _, value in fields(ctypes.string_at(buffer.data, buffer.length))]
    lines = [f'{json.dumps(name)}:{json.dumps(text)}' for name, text in sorted(listed)]
    version = lib.TF_Version().decode()
    with open(out, 'w', encoding='utf8') as file:
        file.write('{"tensorflow":' + json.dumps(version) + ',"operations":{\n' + ',\n'.join(lines) + '\n}}\n')
    print(f'{len(lines)} operations of TensorFlow {version} written to {out}')


main()
