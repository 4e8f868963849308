import protobuf from 'protobufjs';
import { PPROF_DESCRIPTOR } from '../model/pprof-descriptor.js';

/** Encoder and decoder of `Profile`. */
export const profileType = (): protobuf.Type => protobuf.Root.fromJSON(PPROF_DESCRIPTOR).lookupType('Profile');
