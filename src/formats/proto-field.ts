/** A field of a message, as protobufjs reads it from JSON. */
export interface ProtoField {
  readonly id: number;
  readonly type: string;
  readonly rule?: string;
}

export const field = (id: number, type: string): ProtoField => ({ id, type });
export const repeated = (id: number, type: string): ProtoField => ({ id, type, rule: 'repeated' });
