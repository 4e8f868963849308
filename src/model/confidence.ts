/** Of every interval, unless the caller asks for another. */
export const DEFAULT_CONFIDENCE = 0.95;

/** How sure an interval is: `95 %`, `99.9 %`. `confidence`: 0..1. */
export const formatConfidence = (confidence: number): string => `${Number((confidence * 100).toFixed(2))} %`;
