import { field, repeated } from '../proto-field.js';

/** The part of `opentelemetry/proto/common/v1/common.proto` and `resource/v1/resource.proto` that is read and written. */
export const COMMON_MESSAGES = {
  Resource: { fields: { attributes: repeated(1, 'KeyValue') } },
  Scope: { fields: { name: field(1, 'string'), version: field(2, 'string') } },
  KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
  AnyValue: {
    oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'stringValueStrindex'] } },
    fields: {
      stringValue: field(1, 'string'),
      boolValue: field(2, 'bool'),
      intValue: field(3, 'int64'),
      doubleValue: field(4, 'double'),
      arrayValue: field(5, 'ArrayValue'),
      // Of profiles alone: an index into their table of strings.
      stringValueStrindex: field(8, 'int32'),
    },
  },
  ArrayValue: { fields: { values: repeated(1, 'AnyValue') } },
};
