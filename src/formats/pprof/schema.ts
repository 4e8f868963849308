import protobuf from 'protobufjs';
import { once } from '../../model/once.js';
import { PPROF_DESCRIPTOR } from './descriptor.js';

/** Encoder and decoder of `Profile`. */
export const profileType = once((): protobuf.Type => protobuf.Root.fromJSON(PPROF_DESCRIPTOR).lookupType('Profile'));
