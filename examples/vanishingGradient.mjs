// What 200 steps do to a gradient: it vanishes in a simple RNN and lasts in an LSTM; where it explodes, clipping tames it.
// `node examples/vanishingGradient.mjs vanishing.svg` draws both.
import { writeFile } from 'node:fs/promises';
import {
  dense,
  grad,
  initializers,
  lstm,
  mean,
  randomNormal,
  sequential,
  sgd,
  simpleRnn,
  square,
  sub,
  sum,
  valueAndGrad,
} from 'myelin';

const file = process.argv[2] ?? 'vanishing.svg';
const [steps, units] = [200, 32];

/** The norm of the gradient of the last output by the input of each step, as a share of that of the last step. */
function shares(layer, seed = 1) {
  const x = randomNormal([1, steps, 4], { seed: 1 });
  const model = sequential([layer], { inputShape: [steps, 4], seed });
  const [gradient] = grad((input) => sum(model.call(input)))(x).toArray();
  const norms = gradient.map((step) => Math.hypot(...step));
  return norms.map((norm) => norm / norms[steps - 1]);
}

// Orthogonal weights times 1.45: more than the sqrt(2) by which ReLU, which stops half of a gradient, shrinks its norm.
const stretching = () => simpleRnn({ units, activation: 'relu', recurrentInitializer: initializers.orthogonal({ gain: 1.45 }) });

// Each step an LSTM keeps the share f of its cell, f its forget gate; 1 - 1/steps lasts for all of them (Tallec and Ollivier 2018).
const gradients = [
  { name: 'ReLU, weights that stretch', colour: '#b9770e', values: shares(stretching(), 9) },
  {
    name: `LSTM, forgetBias ln ${steps - 1}`,
    colour: '#2471a3',
    values: shares(lstm({ units, forgetBias: Math.log(steps - 1) })),
  },
  { name: 'LSTM, forgetBias 1', colour: '#7d3c98', values: shares(lstm({ units })) },
  { name: 'simple RNN', colour: '#c0392b', values: shares(simpleRnn({ units })) },
];
for (const { name, values } of gradients)
  console.log(`${name}: the first step has ${values[0].toExponential(1)} of the last one's gradient`);

/** The losses of a descent with the stretching network, which is to learn the sum of an input over all steps. */
function descend(clip) {
  const model = sequential([stretching(), dense({ units: 1 })], { inputShape: [steps, 4], seed: 9 });
  const x = randomNormal([16, steps, 4], { seed: 9 });
  const y = sum(x.slice([0, 16], [0, steps], [0, 1]), 1).mul(0.12);
  const evaluate = valueAndGrad(() => mean(square(sub(model.call(x), y))), model.parameters());
  const optimizer = sgd({ lr: 0.01, clip });
  return Array.from({ length: 301 }, () => optimizer.step(model.parameters(), evaluate));
}

const descents = [
  { name: 'not clipped', colour: '#c0392b', values: descend() },
  { name: 'clipped to a global norm of 1', colour: '#2471a3', values: descend({ globalNorm: 1 }) },
];
for (const { name, values } of descents)
  console.log(
    `${name}: loss ${values[0].toPrecision(2)}, after a step ${values[1].toPrecision(2)}, after 300 ${values[300].toPrecision(2)}`,
  );

const [width, height, left, right, above, below] = [720, 310, 64, 20, 40, 46];

/** A chart with powers of ten upwards. Each curve's name stands where its label says, in steps and powers of ten. */
function chart({ title, across, ticks, powers, curves, labels }) {
  const [low, high] = [powers[0], powers.at(-1)];
  const last = curves[0].values.length - 1;
  const x = (step) => left + ((width - left - right) * step) / last;
  const y = (power) => above + ((height - above - below) * (high - power)) / (high - low);
  const text = (tx, ty, anchor, content, more = '') =>
    `<text x="${tx.toFixed(1)}" y="${ty.toFixed(1)}" text-anchor="${anchor}" ${more}>${content}</text>`;
  const curve = ({ colour, values }) => {
    const points = values.filter(Number.isFinite).map((value, step) => [x(step).toFixed(1), y(Math.log10(value)).toFixed(1)]);
    const [endX, endY] = points.at(-1);
    const end = points.length < values.length ? `<circle cx="${endX}" cy="${endY}" r="4" fill="${colour}"/>` : '';
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.8"/>${end}`;
  };
  return [
    text(left, 22, 'start', title, 'font-size="14"'),
    ...powers.map((power) => `<line x1="${left}" x2="${width - right}" y1="${y(power)}" y2="${y(power)}" stroke="#ddd"/>`),
    ...powers.map((power) => text(left - 8, y(power) + 4, 'end', `1e${power}`)),
    ...ticks.map((step) => text(x(step - ticks[0]), height - 26, 'middle', step)),
    text((left + width - right) / 2, height - 8, 'middle', across),
    ...curves.map(curve),
    ...labels.map(([step, power, name], i) => text(x(step), y(power), 'start', name, `fill="${curves[i].colour}"`)),
  ].join('\n');
}

const charts = [
  chart({
    title: 'Gradient of the last output by the input of each step, as a share of that of the last step',
    across: 'step of the sequence',
    ticks: [1, 50, 100, 150, 200],
    powers: [-25, -20, -15, -10, -5, 0, 5, 10],
    curves: gradients,
    labels: [
      [60, 6.5, gradients[0].name],
      [60, 1.2, gradients[1].name],
      [60, -3.4, gradients[2].name],
      [70, -18.3, gradients[3].name],
    ],
  }),
  chart({
    title: 'Loss of the network whose weights stretch, in gradient descent',
    across: 'step of the descent',
    ticks: [0, 75, 150, 225, 300],
    powers: [-3, 0, 3, 6, 9, 12, 15],
    curves: descents,
    labels: [
      [4, 12.4, 'not clipped: not a number after the first step'],
      [60, 1.2, descents[1].name],
    ],
  }),
];
const svg = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${2 * height}" font-family="sans-serif" font-size="12" fill="#333">`,
  '<title>Gradients over many steps</title>',
  '<rect width="100%" height="100%" fill="#fff"/>',
  ...charts.map((content, i) => `<g transform="translate(0 ${i * height})">\n${content}\n</g>`),
  '</svg>\n',
];
await writeFile(file, svg.join('\n'));
