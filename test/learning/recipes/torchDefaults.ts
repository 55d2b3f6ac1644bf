/** How PyTorch draws the weights and biases of linear and convolution layers; recurrent ones: `initialization: 'uniform'`. */
export const torchDefaults = { weightInitializer: 'fanInUniform', biasInitializer: 'fanInUniform' } as const;
