import { isTracked, record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkAxis, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { permute } from './movement.js';
import { checkFloatTensor, checkTensorType } from './operand.js';

function softmaxOf(name: string, x: Tensor, axis: number, log: boolean): Tensor {
  checkFloatTensor(name, x);
  const at = checkAxis(name, axis, x.rank);
  if (at !== x.rank - 1) {
    const order = x.shape.map((_, i) => (i === at ? x.rank - 1 : i === x.rank - 1 ? at : i));
    return permute(softmaxOf(name, permute(x, order), -1, log), order);
  }
  const cols = x.shape[at] as number;
  const rows = cols === 0 ? 0 : x.size / cols;
  const y = new Tensor(x.shape, x.dtype);
  backendFor(x.dtype).softmax(x.floats, y.floats, rows, cols, log);
  return record(name, y, [x], (dy) => {
    const dx = dy.storage.refs === 1 ? dy : new Tensor(dy.shape, dy.dtype);
    backendFor(x.dtype).softmaxGrad(y.floats, dy.floats, dx.floats, rows, cols, log);
    return [dx];
  });
}

/** e^x / sum e^x along an axis, stable for any finite x. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return softmaxOf('softmax', x, axis, false);
}

/** log softmax(x) along an axis, without the detour over probabilities that underflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return softmaxOf('logSoftmax', x, axis, true);
}

/**
 * Cross-entropy of each row, -log softmax(logits)[label], in one pass.
 *
 * @param logits [rows, classes]
 * @param labels int32 [rows], each in [0, classes)
 * @returns [rows]
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  checkFloatTensor('softmaxCrossEntropy', logits);
  checkTensorType('softmaxCrossEntropy', labels, 'int32');
  const [rows, cols] = logits.shape;
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== rows) {
    throw new ShapeError(
      `[softmaxCrossEntropy] expected logits [rows, classes] and labels [rows], received ${shapeText(logits.shape)} and ${shapeText(labels.shape)}`,
    );
  }
  const ids = labels.array as Int32Array;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= (cols as number)) {
      throw new ArgumentError(
        `[softmaxCrossEntropy] expected labels from 0 to ${(cols as number) - 1}, received ${id} in row ${i}`,
      );
    }
  }
  const loss = new Tensor([rows as number], logits.dtype);
  const probabilities = new Tensor(logits.shape, logits.dtype);
  const backend = backendFor(logits.dtype);
  backend.crossEntropy(logits.floats, ids, loss.floats, probabilities.floats, rows as number, cols as number);
  if (!isTracked(logits)) {
    probabilities.dispose();
    return loss;
  }
  return record('softmaxCrossEntropy', loss, [logits], (dy) => {
    const dlogits = new Tensor(logits.shape, logits.dtype);
    backend.crossEntropyGrad(probabilities.floats, ids, dy.floats, dlogits.floats, rows as number, cols as number);
    return [dlogits];
  });
}
