export { Perceptron, type PerceptronOptions, type PerceptronResult } from './perceptron.js';
