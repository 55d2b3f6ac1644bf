import { bytesPerElement } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import type { AnyLayer } from './layer.js';
import { namedState } from './state.js';
import { type ShapeOf, shapesText, type Value } from './value.js';

const columns = ['layer', 'output', 'parameters', 'bytes', 'flops'] as const;

function totals(parameters: Iterable<Parameter>): { count: number; trainable: number; bytes: number } {
  const sum = { count: 0, trainable: 0, bytes: 0 };
  for (const { size, trainable, dtype } of parameters) {
    sum.count += size;
    if (trainable) sum.trainable += size;
    sum.bytes += size * bytesPerElement(dtype);
  }
  return sum;
}

function row(name: string, layer: AnyLayer, own: Iterable<Parameter>): string[] {
  const { inputShape } = layer;
  const { count, bytes } = totals(own);
  const output = inputShape === null ? '' : shapesText(layer.outputShape(inputShape as ShapeOf<Value>));
  const flops = inputShape === null ? 0 : layer.flops(inputShape as ShapeOf<Value>);
  return [name, output, ...[count, bytes, flops].map((n) => n.toLocaleString('en-US'))];
}

function describe(layer: AnyLayer, name: string, depth: number, seen: Set<AnyLayer>, rows: string[][]): void {
  seen.add(layer);
  rows.push(
    row(`${'  '.repeat(depth)}${name}${layer.type}`, layer, [...layer.ownParameters.values(), ...layer.ownBuffers.values()]),
  );
  for (const [key, inner] of layer.layers) {
    if (seen.has(inner)) rows.push([`${'  '.repeat(depth + 1)}${key} shared with ${inner.path}`, '', '', '', '']);
    else describe(inner, `${key} `, depth + 1, seen, rows);
  }
}

/** The table that `Layer.summary` returns: one line a layer, inner ones indented; shapes and operations are those of one sample. */
export function summarize(model: AnyLayer): string {
  const rows: string[][] = [[...columns]];
  describe(model, '', 0, new Set(), rows);
  const widths = columns.map((_, i) => Math.max(...rows.map((cells) => (cells[i] as string).length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd();
  const { count, trainable, bytes } = totals(namedState(model).values());
  const ruler = widths.map((width) => '-'.repeat(width)).join('  ');
  const number = (n: number): string => n.toLocaleString('en-US');
  const flops = model.inputShape === null ? 0 : model.flops(model.inputShape as ShapeOf<Value>);
  return [
    line(rows[0] as string[]),
    ruler,
    ...rows.slice(1).map(line),
    ruler,
    `${number(count)} parameters (${number(trainable)} trainable), ${number(bytes)} bytes, ${number(flops)} operations a sample`,
  ].join('\n');
}
