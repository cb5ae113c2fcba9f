/** Temperature of the dictionary's weights, at the first step of training and at the last, and in use. */
export const STYLE_TEMPERATURE = { first: 1, last: 0.3 };
