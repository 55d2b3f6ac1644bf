import { ArgumentError } from '../errors.js';
import { Layer } from '../layers/layer.js';
import type { Metric } from '../metrics/metric.js';
import { Optimizer } from '../optimizers/optimizer.js';
import type { Callback } from './events.js';

/** Throws unless `options` is an object with none but the given keys. */
export function checkKeys(where: string, options: unknown, keys: readonly string[]): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new ArgumentError(`[${where}] expected an object of options, received ${String(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!keys.includes(key)) throw new ArgumentError(`[${where}] expected options among ${keys.join(', ')}, received '${key}'`);
  }
}

export function checkSignal(where: string, signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ArgumentError(`[${where}] expected an AbortSignal, received ${typeof signal}`);
}

export function checkCallbacks(where: string, callbacks: unknown): asserts callbacks is readonly Callback[] {
  if (!Array.isArray(callbacks) || callbacks.some((one) => one === null || typeof one !== 'object')) {
    throw new ArgumentError(`[${where}] expected callbacks to be an array of objects, received something else`);
  }
}

export function checkScheduleEvery(every: unknown): asserts every is 'step' | 'epoch' | undefined {
  if (every !== undefined && every !== 'step' && every !== 'epoch')
    throw new ArgumentError(`[fit] expected scheduleEvery to be 'step' or 'epoch', received ${String(every)}`);
}

function isMetric(value: unknown): value is Metric {
  const metric = value as Partial<Metric> | null;
  return metric !== null && typeof metric === 'object' && typeof metric.name === 'string' && typeof metric.start === 'function';
}

/** Throws unless these are what a Trainer is made of. */
export function checkParts(parts: { model: unknown; loss: unknown; optimizer?: unknown; metrics: unknown }): void {
  const { model, loss, optimizer, metrics } = parts;
  if (!(model instanceof Layer)) throw new ArgumentError(`[Trainer] expected model to be a layer, received ${typeof model}`);
  if (typeof loss !== 'function')
    throw new ArgumentError(`[Trainer] expected loss to be a function (prediction, target) => scalar, received ${typeof loss}`);
  if (optimizer !== undefined && !(optimizer instanceof Optimizer))
    throw new ArgumentError(`[Trainer] expected an optimizer, received ${typeof optimizer}`);
  if (!Array.isArray(metrics) || !metrics.every(isMetric))
    throw new ArgumentError('[Trainer] expected metrics to be an array of metrics, received something else');
  const names = metrics.map((metric) => metric.name);
  if (new Set(names).size < names.length || names.includes('loss')) {
    throw new ArgumentError(`[Trainer] expected distinct names of metrics other than 'loss', received ${names.join(', ')}`);
  }
}
