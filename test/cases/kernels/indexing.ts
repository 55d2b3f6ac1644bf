import type { AnyArray } from '../../../src/backend/backend.js';
import type { Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { equal, same } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

function gatherCalls(random: Random): KernelCall[] {
  const call = <T extends AnyArray>(type: string, x: T, y: T, rows: number, width: number) =>
    callOf(
      'gatherRows',
      `${type} rows=${rows} width=${width} indices=${y.length / width}`,
      [x, random.integers(y.length / width, 0, rows - 1), y, width],
      [{ argument: 2, tolerance: same }],
    );
  const floats = (rows: number, width: number, count: number) =>
    call('f32', random.floats(rows * width, 'hostile'), new Float32Array(count * width), rows, width);
  return [
    ...sizes.filter((width) => width > 0).map((width) => floats(7, width, 19)),
    ...sizes.map((count) => floats(5, 10, count)),
    floats(1, 1, 1),
    floats(300, 257, 1200),
    floats(60_000, 1, 70_001),
    call('f64', Float64Array.from(random.floats(35)), new Float64Array(45), 7, 5),
    call('i32', random.integers(35, -9, 9), new Int32Array(45), 7, 5),
    call('u8', Uint8Array.from(random.integers(7 * 784, 0, 255)), new Uint8Array(20 * 784), 7, 784),
  ];
}

/** The order of the additions is given, so not a bit is free. */
function scatterCalls(random: Random): KernelCall[] {
  const call = (rows: number, width: number, count: number) =>
    callOf(
      'scatterAddRows',
      `rows=${rows} width=${width} indices=${count}`,
      [random.floats(count * width), random.integers(count, 0, rows - 1), random.floats(rows * width), width],
      [{ argument: 2, tolerance: equal }],
    );
  return [
    ...sizes.filter((width) => width > 0).map((width) => call(5, width, 40)),
    ...sizes.map((count) => call(3, 10, count)),
    call(1, 33, 300),
    call(1000, 65, 5000),
    call(50_000, 8, 40_001),
    call(20, 1024, 300),
  ];
}

export const indexingCases: readonly KernelCase[] = [
  { kernel: 'gatherRows', calls: gatherCalls },
  { kernel: 'scatterAddRows', calls: scatterCalls },
];
