import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArrayEntry, readSafetensors } from '../../../src/io/safetensors.js';

/** A tensor as the manifest names it. */
export interface TensorEntry {
  tensor: string;
  dtype: 'float32' | 'int64';
  shape: number[];
}
export type Entries = Record<string, TensorEntry>;

/** How far PyTorch's float32 run lies from the stored float64 result. */
export interface ErrorEntry {
  max_abs_error: number;
  max_abs_value: number;
}

export type Config = Record<string, unknown>;

/** A layer or a loss: see the README of the golden cases. */
export interface CaseEntry {
  id: string;
  group: string;
  file: string;
  layer: string;
  config: Config;
  mode: string;
  inputs: Entries;
  params: Entries;
  buffers: Entries;
  cotangents: Entries;
  outputs: Entries;
  gradients: Entries;
  buffers_after: Entries;
  float32_error: Record<string, ErrorEntry>;
  loss: TensorEntry & { value: number; scale: number };
}

export interface ProblemEntry {
  id: string;
  activations: (string | null)[];
  loss: string;
  file: string;
  inputs: Entries;
  params: Entries;
}

export interface OptimizerEntry {
  id: string;
  file: string;
  problem: string;
  optimizer: string;
  config: Config;
  groups?: (Config & { layers: string[] })[];
  clip?: { name: string; config: Config };
  scheduler?: { name: string; config: Config };
  losses: number[];
  evaluations?: number[];
  steps: Record<string, Entries>;
  float32_error: Record<string, ErrorEntry>;
}

export interface ClippingEntry {
  id: string;
  file: string;
  function: string;
  config: Config;
  before: Entries;
  after: Entries;
  total_norm?: number;
}

export interface ScheduleEntry {
  id: string;
  scheduler: string;
  base_lr: number;
  momentum?: number;
  config: Config;
  metrics?: number[];
  steps: number;
  lr: number[];
  momentum_by_step?: number[];
}

interface Manifest {
  cases: CaseEntry[];
  optimizer_problems?: ProblemEntry[];
  optimizer_cases?: OptimizerEntry[];
  clipping_cases?: ClippingEntry[];
}

/** All that a folder of golden cases holds, read once. */
export class GoldenFolder {
  private constructor(
    readonly manifest: Manifest,
    private readonly files: ReadonlyMap<string, ReadonlyMap<string, ArrayEntry>>,
    private readonly texts: ReadonlyMap<string, unknown>,
  ) {}

  static async read(folder: string): Promise<GoldenFolder> {
    const names = await readdir(folder);
    const files = new Map<string, ReadonlyMap<string, ArrayEntry>>();
    const texts = new Map<string, unknown>();
    for (const name of names) {
      const path = join(folder, name);
      if (name.endsWith('.safetensors')) files.set(name, (await readSafetensors(path)).tensors);
      else if (name.endsWith('.json')) texts.set(name, JSON.parse(await readFile(path, 'utf8')));
    }
    const manifest = texts.get('manifest.json') as Manifest | undefined;
    if (manifest === undefined) throw new Error(`expected a folder with manifest.json, received ${folder}`);
    return new GoldenFolder(manifest, files, texts);
  }

  /** The stored array, checked against the manifest. */
  array(file: string, entry: TensorEntry): ArrayEntry {
    const found = this.files.get(file)?.get(entry.tensor);
    if (found === undefined) throw new Error(`${file} has no tensor ${entry.tensor}`);
    if (`${found.shape}` !== `${entry.shape}`) throw new Error(`${entry.tensor} is ${found.shape}, not ${entry.shape}`);
    return found;
  }

  /** The contents of a JSON file, or undefined where the folder has none of that name. */
  text<T>(name: string): T | undefined {
    return this.texts.get(name) as T | undefined;
  }
}
