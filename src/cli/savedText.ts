/** Texts, and what lies with the models of texts. */
import { readFile } from 'node:fs/promises';
import { Vocabulary } from '../data/vocabulary.js';
import { FormatError } from '../errors.js';
import { fileError } from '../io/regularFile.js';
import { readSafetensors } from '../io/safetensors.js';

/** Under this name the vocabulary lies in the metadata of a model's file. */
export const textMetadata = 'myelin.text';

/** The text that `--data` names. */
export async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw fileError('--data', 'a text', error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`[--data] expected text in UTF-8 in ${file}, received other bytes`, { cause });
  }
}

/** The vocabulary that lies with a model of `myelin train text`. */
export async function readVocabulary(where: string, file: string): Promise<Vocabulary> {
  const text = (await readSafetensors(file)).metadata.get(textMetadata);
  if (text === undefined) throw new FormatError(`[${where}] expected a model of myelin train text in ${file}, received another`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`[${where}] expected JSON in ${textMetadata} of ${file}, received other text`, { cause });
  }
  const { version, vocabulary } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (version !== 1) throw new FormatError(`[${where}] expected a vocabulary of version 1 in ${file}, received something else`);
  return Vocabulary.fromJSON(vocabulary);
}
