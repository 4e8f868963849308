import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../../../src/engines/tensorflow/session/label.js';
import { layerOf, modelScope, withoutScope } from '../../../../src/engines/tensorflow/session/layer-name.js';

describe('layerOf', () => {
  it.each([
    ['StatefulPartitionedCall/StatefulPartitionedCall/sequential/dense/Relu', 'sequential/dense'],
    ['StatefulPartitionedCall_3/model/dense_1/MatMul/ReadVariableOp', 'model/dense_1'],
    ['model/global_average_pooling2d/Mean/reduction_indices', 'model/global_average_pooling2d'],
    ['model/layer_normalization/mul/ReadVariableOp', 'model/layer_normalization'],
    ['model/add/add', 'model/add'],
    ['model/multi_head_attention/query/einsum/Einsum', 'model/multi_head_attention/query'],
    ['MobilenetV2/Conv1/Conv2D', 'MobilenetV2/Conv1'],
    ['sequential/lstm/while/body/_1/lstm_cell/MatMul', 'sequential/lstm'],
    ['dense/kernel', 'dense'],
    ['StatefulPartitionedCall', null],
    ['Func/StatefulPartitionedCall/input/_2', null],
    ['_retval_StatefulPartitionedCall_0_0', null],
    ['', null],
  ])('%s → %s', (node, layer) => {
    expect(layerOf(node)).toBe(layer);
  });

  it("leaves the model's own name out when most layers carry it", () => {
    const layers = ['sequential/dense', 'sequential/dense_1', 'sequential/lstm', 'lstm/lstm_cell', 'dense', null];
    const scope = modelScope(layers);
    expect(scope).toBe('sequential');
    expect(layers.map((layer) => withoutScope(layer, scope))).toEqual(['dense', 'dense_1', 'lstm', 'lstm/lstm_cell', 'dense', null]);
    expect(modelScope(['a/x', 'b/x'])).toBeNull();
  });
});

describe('parseLabel', () => {
  it.each([
    ['a/b = MatMul(x, a/Read:1, ^c)', 'MatMul', ['x:0', 'a/Read:1']],
    ['[cpu 0.5MB 0.5MB] a = _FusedConv2D(x)', '_FusedConv2D', ['x:0']],
    ['a = Const()', 'Const', []],
    ['a = NoOp(^b, ^c)', 'NoOp', []],
    ['no operation here', '', []],
    ['a = Broken(x', 'Broken', ['x:0']],
    ['', '', []],
  ])('%s', (label, op, inputs) => {
    const read = parseLabel(label);
    expect(read.op).toBe(op);
    expect(read.inputs.map(({ node, slot }) => `${node}:${slot}`)).toEqual(inputs);
  });
});
