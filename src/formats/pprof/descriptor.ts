import { field, repeated } from '../proto-field.js';

/** The message types of github.com/google/pprof `proto/profile.proto`, as protobufjs reads them from JSON; `Profile` is the file. */
export const PPROF_DESCRIPTOR = {
  options: { syntax: 'proto3' },
  nested: {
    Profile: {
      fields: {
        sampleType: repeated(1, 'ValueType'),
        sample: repeated(2, 'Sample'),
        mapping: repeated(3, 'Mapping'),
        location: repeated(4, 'Location'),
        function: repeated(5, 'Function'),
        stringTable: repeated(6, 'string'),
        dropFrames: field(7, 'int64'),
        keepFrames: field(8, 'int64'),
        timeNanos: field(9, 'int64'),
        durationNanos: field(10, 'int64'),
        periodType: field(11, 'ValueType'),
        period: field(12, 'int64'),
        comment: repeated(13, 'int64'),
        defaultSampleType: field(14, 'int64'),
      },
    },
    ValueType: { fields: { type: field(1, 'int64'), unit: field(2, 'int64') } },
    Sample: { fields: { locationId: repeated(1, 'uint64'), value: repeated(2, 'int64'), label: repeated(3, 'Label') } },
    Label: { fields: { key: field(1, 'int64'), str: field(2, 'int64'), num: field(3, 'int64'), numUnit: field(4, 'int64') } },
    Mapping: {
      fields: {
        id: field(1, 'uint64'),
        memoryStart: field(2, 'uint64'),
        memoryLimit: field(3, 'uint64'),
        fileOffset: field(4, 'uint64'),
        filename: field(5, 'int64'),
        buildId: field(6, 'int64'),
        hasFunctions: field(7, 'bool'),
      },
    },
    Location: {
      fields: {
        id: field(1, 'uint64'),
        mappingId: field(2, 'uint64'),
        address: field(3, 'uint64'),
        line: repeated(4, 'Line'),
        isFolded: field(5, 'bool'),
      },
    },
    Line: { fields: { functionId: field(1, 'uint64'), line: field(2, 'int64') } },
    Function: {
      fields: {
        id: field(1, 'uint64'),
        name: field(2, 'int64'),
        systemName: field(3, 'int64'),
        filename: field(4, 'int64'),
        startLine: field(5, 'int64'),
      },
    },
  },
};
