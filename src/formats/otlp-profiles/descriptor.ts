import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import { COMMON_MESSAGES } from '../otlp/common-descriptor.js';
import { field, repeated, type ProtoField } from '../proto-field.js';

/**
 * The protocol is in development, and its versions are told apart by nothing but what is in them: `now` is what it is from version 1.10
 * (March 2026) on, `before` 1.8 and 1.9 (from September 2025).
 */
export type Layout = 'now' | 'before';

/** The only message that changed. */
const SAMPLE: Readonly<Record<Layout, Readonly<Record<string, ProtoField>>>> = {
  now: { attributeIndices: repeated(2, 'int32'), linkIndex: field(3, 'int32'), values: repeated(4, 'int64') },
  before: { values: repeated(2, 'int64'), attributeIndices: repeated(3, 'int32'), linkIndex: field(4, 'int32') },
};

/** The part of `opentelemetry/proto/profiles/v1development/profiles.proto` that is read and written. */
const descriptorOf = (layout: Layout): protobuf.INamespace => ({
  options: { syntax: 'proto3' },
  nested: {
    ...COMMON_MESSAGES,
    ProfilesData: { fields: { resourceProfiles: repeated(1, 'ResourceProfiles'), dictionary: field(2, 'Dictionary') } },
    ResourceProfiles: { fields: { resource: field(1, 'Resource'), scopeProfiles: repeated(2, 'ScopeProfiles') } },
    ScopeProfiles: { fields: { scope: field(1, 'Scope'), profiles: repeated(2, 'Profile') } },
    Dictionary: {
      fields: {
        mappingTable: repeated(1, 'Mapping'),
        locationTable: repeated(2, 'Location'),
        functionTable: repeated(3, 'Function'),
        linkTable: repeated(4, 'Link'),
        stringTable: repeated(5, 'string'),
        attributeTable: repeated(6, 'Attribute'),
        stackTable: repeated(7, 'Stack'),
      },
    },
    Profile: {
      fields: {
        sampleType: field(1, 'ValueType'),
        samples: repeated(2, 'Sample'),
        timeUnixNano: field(3, 'fixed64'),
        durationNano: field(4, 'uint64'),
        periodType: field(5, 'ValueType'),
        period: field(6, 'int64'),
      },
    },
    ValueType: { fields: { typeStrindex: field(1, 'int32'), unitStrindex: field(2, 'int32') } },
    Sample: { fields: { stackIndex: field(1, 'int32'), ...SAMPLE[layout], timestampsUnixNano: repeated(5, 'fixed64') } },
    Mapping: { fields: { filenameStrindex: field(4, 'int32') } },
    Stack: { fields: { locationIndices: repeated(1, 'int32') } },
    Location: {
      fields: {
        mappingIndex: field(1, 'int32'),
        address: field(2, 'uint64'),
        lines: repeated(3, 'Line'),
        attributeIndices: repeated(4, 'int32'),
      },
    },
    Line: { fields: { functionIndex: field(1, 'int32'), line: field(2, 'int64') } },
    Function: {
      fields: {
        nameStrindex: field(1, 'int32'),
        systemNameStrindex: field(2, 'int32'),
        filenameStrindex: field(3, 'int32'),
        startLine: field(4, 'int64'),
      },
    },
    Link: { fields: { traceId: field(1, 'bytes'), spanId: field(2, 'bytes') } },
    Attribute: { fields: { keyStrindex: field(1, 'int32'), value: field(2, 'AnyValue'), unitStrindex: field(3, 'int32') } },
  },
});

const typeOf = (layout: Layout) => once(() => protobuf.Root.fromJSON(descriptorOf(layout)).lookupType('ProfilesData'));
const TYPES = { now: typeOf('now'), before: typeOf('before') };

/** Encoder and decoder of `ProfilesData`, which a request to export is, too. */
export const profilesDataType = (layout: Layout): protobuf.Type => TYPES[layout]();
